/* calls-files: questions about files, and changes of them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#include "next.h"
#include "path-cache.h"
#include "report.h"
#include "settle.h"
#include "sync-group.h"

/* Without symbolic links or with them: answered apart. */
#define FILES_DETAIL(flags) ((long)(flags))

EXPORTED int fstatat(int folder, const char *path, struct stat *found, int flags)
{
	int result;

	SEEN(fstatat);
	settle_held(); /* The size counts what was written. */
	if (path_cache_recall(PATH_STAT, FILES_DETAIL(flags), folder, path, found, sizeof(*found),
			      &result)) {
		report_absorb(CALL_fstatat);
		return result;
	}
	result = NEXT(fstatat)(folder, path, found, flags);
	path_cache_learn(PATH_STAT, FILES_DETAIL(flags), folder, path, found, sizeof(*found),
			 result);
	return result;
}

EXPORTED int stat(const char *path, struct stat *found)
{
	return fstatat(AT_FDCWD, path, found, 0);
}

EXPORTED int lstat(const char *path, struct stat *found)
{
	return fstatat(AT_FDCWD, path, found, AT_SYMLINK_NOFOLLOW);
}

EXPORTED int fstat(int fd, struct stat *found)
{
	SEEN(fstat);
	settle_held();
	return NEXT(fstat)(fd, found);
}

EXPORTED int statx(int folder, const char *path, int flags, unsigned int mask, struct statx *found)
{
	long detail = ((long)mask << 32) | flags;
	int result;

	SEEN(statx);
	settle_held();
	if (path_cache_recall(PATH_STATX, detail, folder, path, found, sizeof(*found), &result)) {
		report_absorb(CALL_statx);
		return result;
	}
	result = NEXT(statx)(folder, path, flags, mask, found);
	path_cache_learn(PATH_STATX, detail, folder, path, found, sizeof(*found), result);
	return result;
}

/* The names that programs linked before glibc 2.33 know them by. */
EXPORTED int __xstat(int version, const char *path, struct stat *found);
EXPORTED int __xstat(int version, const char *path, struct stat *found)
{
	(void)version;
	return stat(path, found);
}

EXPORTED int __lxstat(int version, const char *path, struct stat *found);
EXPORTED int __lxstat(int version, const char *path, struct stat *found)
{
	(void)version;
	return lstat(path, found);
}

EXPORTED int __fxstat(int version, int fd, struct stat *found);
EXPORTED int __fxstat(int version, int fd, struct stat *found)
{
	(void)version;
	return fstat(fd, found);
}

EXPORTED int __fxstatat(int version, int folder, const char *path, struct stat *found, int flags);
EXPORTED int __fxstatat(int version, int folder, const char *path, struct stat *found, int flags)
{
	(void)version;
	return fstatat(folder, path, found, flags);
}

EXPORTED int faccessat(int folder, const char *path, int mode, int flags)
{
	long detail = ((long)mode << 32) | flags;
	int result;

	SEEN(faccessat);
	if (path_cache_recall(PATH_ACCESS, detail, folder, path, NULL, 0, &result)) {
		report_absorb(CALL_faccessat);
		return result;
	}
	result = NEXT(faccessat)(folder, path, mode, flags);
	path_cache_learn(PATH_ACCESS, detail, folder, path, NULL, 0, result);
	return result;
}

EXPORTED int access(const char *path, int mode)
{
	return faccessat(AT_FDCWD, path, mode, 0);
}

/* The file's own time or bytes: what is held goes before; a promise to keep it goes to the disk. */
#define SYNCS(name)                                 \
	EXPORTED int name(int fd)                   \
	{                                           \
		SEEN(name);                         \
		settle_one(fd);                     \
		if (settle_error_of(fd))            \
			return -1;                  \
		if (sync_group_puts_off(fd)) {      \
			report_absorb(CALL_##name); \
			return 0;                   \
		}                                   \
		return NEXT(name)(fd);              \
	}

SYNCS(fsync)
SYNCS(fdatasync)

/* Defines NAME as: count it as CALL, settle, forget what paths were, the call itself. */
#define CHANGES(call, name, takes, passes) \
	EXPORTED int name takes            \
	{                                  \
		SEEN(call);                \
		settle_all();              \
		path_cache_forget();       \
		return NEXT(name) passes;  \
	}

CHANGES(ftruncate, ftruncate, (int fd, off_t bytes), (fd, bytes))
CHANGES(truncate, truncate, (const char *path, off_t bytes), (path, bytes))
CHANGES(fallocate, fallocate, (int fd, int mode, off_t from, off_t bytes), (fd, mode, from, bytes))
CHANGES(fallocate, posix_fallocate, (int fd, off_t from, off_t bytes), (fd, from, bytes))
CHANGES(rename, rename, (const char *from, const char *to), (from, to))
CHANGES(rename, renameat, (int from_in, const char *from, int to_in, const char *to),
	(from_in, from, to_in, to))
CHANGES(rename, renameat2,
	(int from_in, const char *from, int to_in, const char *to, unsigned int flags),
	(from_in, from, to_in, to, flags))
CHANGES(unlink, unlink, (const char *path), (path))
CHANGES(unlink, unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
CHANGES(unlink, remove, (const char *path), (path))
CHANGES(mkdir, mkdir, (const char *path, mode_t mode), (path, mode))
CHANGES(mkdir, mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
CHANGES(mkdir, mkfifo, (const char *path, mode_t mode), (path, mode))
CHANGES(mkdir, mknod, (const char *path, mode_t mode, dev_t device), (path, mode, device))
CHANGES(rmdir, rmdir, (const char *path), (path))
CHANGES(link, link, (const char *from, const char *to), (from, to))
CHANGES(link, linkat, (int from_in, const char *from, int to_in, const char *to, int flags),
	(from_in, from, to_in, to, flags))
CHANGES(symlink, symlink, (const char *to, const char *path), (to, path))
CHANGES(symlink, symlinkat, (const char *to, int folder, const char *path), (to, folder, path))
CHANGES(chmod, chmod, (const char *path, mode_t mode), (path, mode))
CHANGES(chmod, fchmodat, (int folder, const char *path, mode_t mode, int flags),
	(folder, path, mode, flags))
CHANGES(fchmod, fchmod, (int fd, mode_t mode), (fd, mode))
CHANGES(chown, chown, (const char *path, uid_t user, gid_t group), (path, user, group))
CHANGES(chown, lchown, (const char *path, uid_t user, gid_t group), (path, user, group))
CHANGES(chown, fchownat, (int folder, const char *path, uid_t user, gid_t group, int flags),
	(folder, path, user, group, flags))
CHANGES(fchown, fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
CHANGES(utimensat, utimensat,
	(int folder, const char *path, const struct timespec times[2], int flags),
	(folder, path, times, flags))
CHANGES(utimensat, futimens, (int fd, const struct timespec times[2]), (fd, times))
CHANGES(utimensat, utimes, (const char *path, const struct timeval times[2]), (path, times))
CHANGES(utimensat, futimes, (int fd, const struct timeval times[2]), (fd, times))
CHANGES(utimensat, utime, (const char *path, const struct utimbuf *times), (path, times))
CHANGES(chdir, chdir, (const char *path), (path))
CHANGES(chdir, fchdir, (int fd), (fd))
CHANGES(chdir, chroot, (const char *path), (path))
CHANGES(fsync, sync_file_range, (int fd, off64_t from, off64_t bytes, unsigned int flags),
	(fd, from, bytes, flags))
CHANGES(fsync, syncfs, (int fd), (fd))

EXPORTED void sync(void)
{
	SEEN(sync);
	settle_all();
	NEXT(sync)();
}

/* On 64-bit machines both structures are one. */
EXPORTED int stat64(const char *path, struct stat64 *found)
{
	return stat(path, (struct stat *)found);
}

EXPORTED int lstat64(const char *path, struct stat64 *found)
{
	return lstat(path, (struct stat *)found);
}

EXPORTED int fstat64(int fd, struct stat64 *found)
{
	return fstat(fd, (struct stat *)found);
}

EXPORTED int fstatat64(int folder, const char *path, struct stat64 *found, int flags)
{
	return fstatat(folder, path, (struct stat *)found, flags);
}

SAME(__xstat64, __xstat)
SAME(__lxstat64, __lxstat)
SAME(__fxstat64, __fxstat)
SAME(__fxstatat64, __fxstatat)
SAME(ftruncate64, ftruncate)
SAME(truncate64, truncate)
SAME(fallocate64, fallocate)
SAME(posix_fallocate64, posix_fallocate)
