/* temporary-file: a nameless file whose pages are in the page cache. */
#define _GNU_SOURCE 1
#include "temporary-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Written piece by piece, so that no large buffer is needed. */
#define PIECE 65536

static int temporary_file_create(const char *folder)
{
	char path[4096];
	int length = snprintf(path, sizeof(path), "%s/crossbill-XXXXXX", folder);
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	return fd;
}

int temporary_file_fill(int fd, uint64_t bytes)
{
	static unsigned char piece[PIECE];

	memset(piece, 0x5a, sizeof(piece)); /* Not zeros: no file system may leave a hole. */
	while (bytes > 0) {
		size_t want = bytes < PIECE ? (size_t)bytes : PIECE;
		ssize_t wrote = write(fd, piece, want);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		bytes -= (uint64_t)wrote;
	}
	return 0;
}

int temporary_file_open(uint64_t bytes)
{
	/* /var/tmp before /tmp: the latter is often a tmpfs, which reads and faults differently. */
	const char *folders[] = {getenv("TMPDIR"), "/var/tmp", "/tmp"};
	int error = -ENOENT;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		int fd;

		if (!folders[i] || folders[i][0] != '/')
			continue;
		fd = temporary_file_create(folders[i]);
		if (fd < 0) {
			error = fd;
			continue;
		}
		error = temporary_file_fill(fd, bytes);
		if (!error)
			return fd;
		close(fd);
	}
	return error;
}
