/* next: system calls of our own, past every function that this library stands before. */
#define _GNU_SOURCE
#include "next.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Resolved before a signal handler can need it: a lookup by name is not safe in one. */
static long (*kernel)(long number, ...);

__attribute__((constructor(101))) static void next_find(void)
{
	kernel = dlsym(RTLD_NEXT, "syscall");
}

long next_kernel(long number, ...)
{
	long argument[6];
	va_list list;

	if (!kernel)
		next_find();
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	return kernel(number, argument[0], argument[1], argument[2], argument[3], argument[4],
		      argument[5]);
}
