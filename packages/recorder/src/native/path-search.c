/* path-search.c: runs a command as a shell would find it. */
#define _GNU_SOURCE
#include "path-search.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the C library searches when PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

/* /bin/sh takes the place of argv[0] and gets the script's path as its first argument. */
static int path_search_run_script(const char *path, char *const argv[])
{
	size_t n = 0;
	const char **shell;
	int error;

	while (argv[n])
		n++;
	shell = calloc(n + 2, sizeof(*shell));
	if (!shell)
		return -ENOMEM;
	shell[0] = "/bin/sh";
	shell[1] = path;
	memcpy(shell + 2, argv + 1, n * sizeof(*shell));
	execve(shell[0], (char **)(uintptr_t)shell, environ);
	error = -errno;
	free(shell);
	return error;
}

/* A program of another machine or a damaged one: to a shell it would be nonsense. As bash tells
 * them apart: the magic number, or a NUL in the first line. */
static bool path_search_is_binary(const char *path)
{
	char start[80];
	ssize_t length;
	size_t first_line;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	length = read(fd, start, sizeof(start));
	close(fd);
	if (length <= 0)
		return false;
	if (length >= 4 && !memcmp(start, "\177ELF", 4))
		return true;
	for (first_line = 0; first_line < (size_t)length; first_line++)
		if (start[first_line] == '\n')
			break;
	return memchr(start, '\0', first_line);
}

static int path_search_run(const char *path, char *const argv[])
{
	execve(path, argv, environ);
	if (errno != ENOEXEC)
		return -errno;
	return path_search_is_binary(path) ? -ENOEXEC : path_search_run_script(path, argv);
}

/* 0 when an execve of the file can be expected to succeed, else what it would fail with. */
static int path_search_check(const char *path)
{
	struct stat status;

	if (stat(path, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) ? -errno : 0;
}

/* Whether the search goes on after this failure: the file is not there, or cannot be reached. */
static bool path_search_is_absent(int error)
{
	return error == -ENOENT || error == -ENOTDIR || error == -ESTALE || error == -ENODEV ||
		error == -ETIMEDOUT || error == -ENAMETOOLONG;
}

/* One element of PATH; an empty one is the current folder. */
static int path_search_try(const char *folder, size_t length, char *const argv[])
{
	char path[PATH_MAX];
	size_t name = strlen(argv[0]);
	int error;

	if (length + name + 2 > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, folder, length);
	if (length)
		path[length++] = '/';
	memcpy(path + length, argv[0], name + 1);
	error = path_search_check(path);
	return error ? error : path_search_run(path, argv);
}

int path_search_exec(char *const argv[])
{
	const char *path = getenv("PATH");
	bool denied = false;

	if (!argv[0] || !argv[0][0])
		return -ENOENT;
	if (strchr(argv[0], '/'))
		return path_search_run(argv[0], argv);
	if (!path)
		path = DEFAULT_PATH;
	for (;;) {
		size_t length = strcspn(path, ":");
		int error = path_search_try(path, length, argv);

		if (error == -EACCES)
			denied = true;
		else if (!path_search_is_absent(error))
			return error;
		if (!path[length])
			return denied ? -EACCES : -ENOENT;
		path += length + 1;
	}
}
