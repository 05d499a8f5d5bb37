/* null: the loop and the timer without the mechanism; what the harness itself costs. */
#include "mechanism.h"

static int null_open(void **state, struct parameters *parameters)
{
	(void)parameters;
	*state = NULL;
	return 0;
}

static int null_run(void *state, uint64_t calls)
{
	(void)state;
	for (uint64_t call = 0; call < calls; call++)
		__asm__ volatile("" ::: "memory"); /* Keeps the loop from being optimised away. */
	return 0;
}

static void null_close(void *state)
{
	(void)state;
}

MECHANISM(null_mechanism) = {
	.name = "null",
	.open = null_open,
	.run = null_run,
	.close = null_close,
};
