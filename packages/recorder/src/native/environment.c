/* environment.c: the environment as it was before the C library cleaned it. */
#define _GNU_SOURCE
#include "environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The kernel allows no more than a quarter of the stack, and 6 MiB by default. */
#define ENVIRONMENT_MAX (16u << 20)

/* Where the kernel has put the strings: fields 50 and 51 of /proc/self/stat. */
static int environment_find(uintptr_t *start, uintptr_t *end)
{
	int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
	char text[2048], *at;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	text[n] = 0;
	/* The name may hold spaces; field 3 follows its closing parenthesis. */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 50; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, "%lu %lu", start, end) != 2)
		return -EPROTO;
	/* Zeros: hidden from us. */
	if (!*start || *end < *start || *end - *start > ENVIRONMENT_MAX)
		return -EPERM;
	return 0;
}

int environment_restore(void)
{
	uintptr_t start, end;
	size_t count = 0, size, used = 0;
	const char *strings;
	char **variables;
	int error = environment_find(&start, &end);

	if (error)
		return error;
	/* unsetenv() only forgets a string, it does not touch it. */
	strings = (const char *)start;
	size = end - start;
	for (size_t i = 0; i < size; i++)
		count += !strings[i];
	variables = calloc(count + 1, sizeof(*variables));
	if (!variables)
		return -ENOMEM;
	for (size_t at = 0; at < size && used < count; at += strlen(strings + at) + 1)
		variables[used++] = (char *)(uintptr_t)(strings + at);
	environ = variables;
	return 0;
}
