/* getppid: the null system call; it never blocks, never fails and touches next to nothing. */
#define _GNU_SOURCE 1
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanism.h"

static int getppid_open(void **state, struct parameters *parameters)
{
	(void)parameters;
	*state = NULL;
	return 0;
}

static int getppid_run(void *state, uint64_t calls)
{
	(void)state;
	for (uint64_t call = 0; call < calls; call++)
		syscall(SYS_getppid); /* Not getppid(): a C library may answer by itself. */
	return 0;
}

static void getppid_close(void *state)
{
	(void)state;
}

MECHANISM(getppid_mechanism) = {
	.name = "getppid",
	.open = getppid_open,
	.run = getppid_run,
	.close = getppid_close,
};
