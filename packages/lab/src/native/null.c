/* null: the loop and the timer without the thing; what the harness itself costs. */
#include "thing.h"

static int null_open(void **state, uint64_t argument)
{
	(void)argument;
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

extern const struct thing null_thing;
const struct thing null_thing = {
	.name = "null",
	.open = null_open,
	.run = null_run,
	.close = null_close,
};
