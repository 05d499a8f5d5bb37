/*
 * cpuid: the instruction that every hypervisor must answer itself, so that inside a virtual machine
 * each one is an exit and a re-entry (Intel SDM vol. 3, 26.1.2; AMD APM vol. 2, 15.9).
 */
#include <errno.h>
#include <stddef.h>

#include "mechanism.h"

static int cpuid_open(void **state, struct parameters *parameters)
{
	(void)parameters;
	*state = NULL;
#ifdef __x86_64__
	return 0;
#else
	mechanism_refused("CPUID (x86)");
	return -ENOTSUP;
#endif
}

static int cpuid_run(void *state, uint64_t calls)
{
	(void)state;
#ifdef __x86_64__
	for (uint64_t call = 0; call < calls; call++) {
		uint32_t leaf = 0;
		uint32_t b, c = 0, d;

		__asm__ volatile("cpuid" : "+a"(leaf), "=b"(b), "+c"(c), "=d"(d));
	}
#else
	(void)calls;
#endif
	return 0;
}

static void cpuid_close(void *state)
{
	(void)state;
}

MECHANISM(cpuid_mechanism) = {
	.name = "cpuid",
	.open = cpuid_open,
	.run = cpuid_run,
	.close = cpuid_close,
};
