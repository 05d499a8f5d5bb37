/* timer: one reading of the clock that all the other blocks are timed with. */
#define _GNU_SOURCE 1
#include <time.h>

#include "mechanism.h"

static int timer_open(void **state, struct parameters *parameters)
{
	(void)parameters;
	*state = NULL;
	return 0;
}

static int timer_run(void *state, uint64_t calls)
{
	struct timespec now;

	(void)state;
	for (uint64_t call = 0; call < calls; call++) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		__asm__ volatile("" ::"r"(&now) : "memory");
	}
	return 0;
}

static void timer_close(void *state)
{
	(void)state;
}

MECHANISM(timer_mechanism) = {
	.name = "timer",
	.open = timer_open,
	.run = timer_run,
	.close = timer_close,
};
