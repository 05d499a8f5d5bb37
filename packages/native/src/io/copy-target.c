/* copy-target: where a copy grows: beside its target, which it replaces when it is whole. */
#define _GNU_SOURCE 1
#include "io/copy-target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/failure.h"

#define NEIGHBOUR ".crossbill-copy-XXXXXX"
/* Until the copy is whole, as its source may be for nobody else's eyes. */
#define OWNER_ONLY 0600

_Static_assert(IO_PATH_BYTES >= PATH_MAX, "realpath writes so many bytes");

static int copy_target_open_at(struct copy_target *target, const char *path, int flags)
{
	target->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags, OWNER_ONLY);
	return target->fd < 0 ? -errno : 0;
}

/* A name of its own in the folder of `path`. */
static int copy_target_open_neighbour(struct copy_target *target)
{
	const char *slash = strrchr(target->path, '/');
	int folder = slash ? (int)(slash - target->path) + 1 : 0;
	int length = snprintf(target->growing, sizeof(target->growing), "%.*s%s", folder,
			      target->path, NEIGHBOUR);

	if (length < 0 || (size_t)length >= sizeof(target->growing))
		return -ENAMETOOLONG;
	target->fd = mkostemp(target->growing, O_CLOEXEC);
	target->is_made = true;
	return target->fd < 0 ? -errno : 0;
}

/* Beside a file that is there already: links to it lead to the copy, too. */
static int copy_target_open_replacing(struct copy_target *target, const struct stat *status)
{
	/* Who may not write to a file is not to replace it. */
	if (faccessat(AT_FDCWD, target->path, W_OK, AT_EACCESS) < 0 ||
	    !realpath(target->path, target->growing))
		return -errno;
	memcpy(target->path, target->growing, sizeof(target->path));
	target->is_replacing = true;
	target->uid = status->st_uid;
	target->gid = status->st_gid;
	return copy_target_open_neighbour(target);
}

int copy_target_open(struct copy_target *target, const struct stat *source, bool is_exclusive)
{
	struct stat status;

	if (is_exclusive) {
		memcpy(target->growing, target->path, sizeof(target->growing));
		target->is_made = true;
		return copy_target_open_at(target, target->path, O_CREAT | O_EXCL);
	}
	if (stat(target->path, &status) < 0)
		return errno == ENOENT ? copy_target_open_neighbour(target) : -errno;
	if (status.st_dev == source->st_dev && status.st_ino == source->st_ino)
		return -IO_SAME_FILE;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (S_ISREG(status.st_mode))
		return copy_target_open_replacing(target, &status);
	return copy_target_open_at(target, target->path, O_NONBLOCK);
}

/* The owner first, as that takes permissions away. Who is not root cannot: his copy is his own. */
static int copy_target_permit(const struct copy_target *target, mode_t mode)
{
	bool is_given = target->is_replacing && fchown(target->fd, target->uid, target->gid) == 0;

	(void)is_given;
	/* Refused by file systems that have no permissions to keep. */
	return fchmod(target->fd, mode) < 0 && errno != EPERM && errno != EOPNOTSUPP ? -errno : 0;
}

int copy_target_keep(struct copy_target *target, mode_t mode)
{
	int fd = target->fd;
	int error = target->is_made ? copy_target_permit(target, mode) : 0;

	target->fd = -1;
	/* Some file systems tell only now that there is no room. */
	if (close(fd) < 0 && errno != EINTR && !error)
		error = -errno;
	if (!error && target->is_made && strcmp(target->growing, target->path) != 0 &&
	    rename(target->growing, target->path) < 0)
		error = -errno;
	if (error)
		copy_target_discard(target);
	return error;
}

void copy_target_discard(struct copy_target *target)
{
	if (target->fd >= 0)
		close(target->fd);
	if (target->is_made)
		unlink(target->growing);
	target->fd = -1;
}
