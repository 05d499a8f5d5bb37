/* status-columns: what statx tells of many files, a column for each field, in one block. */
#define _GNU_SOURCE 1
#include "io/status-columns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

enum wide_column { SIZE, BLOCKS, ACCESSED, MODIFIED, CHANGED, BORN, DEVICE, INODE };
enum narrow_column { MODE, LINKS, USER, GROUP, ERROR };

int status_columns_open(struct status_columns *columns, size_t capacity)
{
	columns->capacity = capacity;
	columns->block = calloc(capacity + 1, STATUS_BYTES);
	return columns->block ? 0 : -ENOMEM;
}

void status_columns_close(struct status_columns *columns)
{
	free(columns->block);
	columns->block = NULL;
}

int status_ask(int folder, const char *path, int flags, struct statx *status)
{
	/* As stat(2) does, nothing is mounted for it. */
	while (statx(folder, path, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME,
		     status) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Milliseconds, rounded as Node rounds them. */
static double status_time(const struct statx_timestamp *time)
{
	return (double)time->tv_sec * 1e3 + (double)time->tv_nsec / 1e6;
}

static unsigned char *status_wide(const struct status_columns *columns, size_t column)
{
	return columns->block + column * columns->capacity * 8;
}

static unsigned char *status_narrow(const struct status_columns *columns, size_t column)
{
	return status_wide(columns, STATUS_WIDE_COLUMNS) + column * columns->capacity * 4;
}

static void status_put_wide(const struct status_columns *columns, size_t row,
			    const struct statx *status)
{
	const double values[] = {
		[SIZE] = (double)status->stx_size,
		[BLOCKS] = (double)status->stx_blocks,
		[ACCESSED] = status_time(&status->stx_atime),
		[MODIFIED] = status_time(&status->stx_mtime),
		[CHANGED] = status_time(&status->stx_ctime),
		[BORN] = status_time(&status->stx_btime),
		[DEVICE] = (double)makedev(status->stx_dev_major, status->stx_dev_minor),
	};
	const uint64_t inode = status->stx_ino;

	for (size_t column = SIZE; column <= DEVICE; column++)
		((double *)(void *)status_wide(columns, column))[row] = values[column];
	((uint64_t *)(void *)status_wide(columns, INODE))[row] = inode;
}

void status_columns_put(const struct status_columns *columns, size_t row,
			const struct statx *status, int error)
{
	static const struct statx nothing;
	const struct statx *known = status ? status : &nothing;
	const uint32_t values[] = {
		[MODE] = known->stx_mode, [LINKS] = known->stx_nlink, [USER] = known->stx_uid,
		[GROUP] = known->stx_gid, [ERROR] = (uint32_t)error,
	};

	status_put_wide(columns, row, known);
	for (size_t column = MODE; column <= ERROR; column++)
		((uint32_t *)(void *)status_narrow(columns, column))[row] = values[column];
}

void status_columns_pack(const struct status_columns *columns, size_t rows, unsigned char *target)
{
	for (size_t column = 0; column < STATUS_WIDE_COLUMNS; column++, target += rows * 8)
		memcpy(target, status_wide(columns, column), rows * 8);
	for (size_t column = 0; column < STATUS_NARROW_COLUMNS; column++, target += rows * 4)
		memcpy(target, status_narrow(columns, column), rows * 4);
}
