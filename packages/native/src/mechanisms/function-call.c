/* function-call: a call and return of a function that the compiler must not inline. */
#include "mechanism.h"

__attribute__((noinline)) static void function_call_callee(void)
{
	__asm__ volatile("" ::: "memory");
}

static int function_call_open(void **state, struct parameters *parameters)
{
	(void)parameters;
	*state = NULL;
	return 0;
}

static int function_call_run(void *state, uint64_t calls)
{
	(void)state;
	for (uint64_t call = 0; call < calls; call++)
		function_call_callee();
	return 0;
}

static void function_call_close(void *state)
{
	(void)state;
}

MECHANISM(function_call_mechanism) = {
	.name = "function-call",
	.open = function_call_open,
	.run = function_call_run,
	.close = function_call_close,
};
