/*
 * status-columns: what statx tells of many files, a column for each field, in one block. Its layout
 * is known to packages/io/src/status-columns.ts too.
 */
#ifndef CROSSBILL_IO_STATUS_COLUMNS_H
#define CROSSBILL_IO_STATUS_COLUMNS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Columns of 8 bytes: size, blocks, four times, device (doubles), inode; then of 4 bytes. */
#define STATUS_WIDE_COLUMNS 8u
#define STATUS_NARROW_COLUMNS 5u
#define STATUS_BYTES (STATUS_WIDE_COLUMNS * 8u + STATUS_NARROW_COLUMNS * 4u)

struct status_columns {
	unsigned char *block;
	size_t capacity;
};

/* Empty columns, all zero. Returns 0 or -ENOMEM. */
int status_columns_open(struct status_columns *columns, size_t capacity);
void status_columns_close(struct status_columns *columns);

/* Asks for all fields; retried when a signal interrupts. Returns 0 or -errno. */
int status_ask(int folder, const char *path, int flags, struct statx *status);
/* Fills one row; `error` is 0 or -errno, `status` NULL when nothing is known. */
void status_columns_put(const struct status_columns *columns, size_t row,
			const struct statx *status, int error);
/* Copies the first `rows` rows, back to back by columns: STATUS_BYTES each. */
void status_columns_pack(const struct status_columns *columns, size_t rows, unsigned char *target);

#endif
