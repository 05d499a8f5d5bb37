/* kept-file: a file that the first process of a run writes and later ones find again. */
#define _GNU_SOURCE 1
#include "kept-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temporary-file.h"

/* Writes the file from its start, whatever a process that was killed has left of it. */
static int kept_file_write(int fd, uint64_t bytes)
{
	int error = temporary_file_fill(fd, bytes);

	/* Or a read past the page cache would first pay for writing these pages. */
	return !error && fsync(fd) < 0 ? -errno : error;
}

int kept_file_open(const char *folder, const char *name, uint64_t bytes, int flags)
{
	char path[4096];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
	struct stat status;
	int error = 0;
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) < 0)
		error = -errno;
	else if (!S_ISREG(status.st_mode))
		error = -EINVAL;
	else if ((uint64_t)status.st_size < bytes)
		error = kept_file_write(fd, bytes);
	close(fd);
	if (error)
		return error;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}
