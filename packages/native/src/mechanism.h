/* mechanism: the contract between one way to get a job done and the timer that prices it. */
#ifndef CROSSBILL_MECHANISM_H
#define CROSSBILL_MECHANISM_H

#include <stddef.h>
#include <stdint.h>

#include "parameters.h"
#include "tally.h"

struct mechanism {
	const char *name;
	/* The largest block that `ready` can prepare; 0: any. */
	uint64_t most_calls;
	/* Prepare what lasts for the whole process. Returns 0 or -errno. */
	int (*open)(void **state, struct parameters *parameters);
	/* Prepare one block, untimed; NULL: nothing to do. Returns 0 or -errno. */
	int (*ready)(void *state, uint64_t calls);
	/* Do it `calls` times; the only timed hook. Returns 0 or -errno. */
	int (*run)(void *state, uint64_t calls);
	/*
	 * Clean up after one block, untimed, check that the work was done, and say what was
	 * counted: `tally->events` is preset to the calls. NULL: nothing to do. Returns 0 or
	 * -errno.
	 */
	int (*done)(void *state, uint64_t calls, struct tally *tally);
	/* Undo open. Called once after every successful open. */
	void (*close)(void *state);
};

/* Puts a mechanism on the list; the linker gathers it, so a new one is one file and no more. */
#define MECHANISM(variable)                                                                      \
	extern const struct mechanism variable;                                                  \
	__attribute__((                                                                          \
		used,                                                                            \
		section("mechanisms"))) static const struct mechanism *const variable##_listed = \
		&(variable);                                                                     \
	const struct mechanism variable

/* The mechanism of that name, or NULL. */
const struct mechanism *mechanism_find(const char *name);
/* The mechanism at `index`, in no order, or NULL past the last. */
const struct mechanism *mechanism_at(size_t index);

/*
 * Says in words what the machine refused, for the error that open or another hook returns: "the
 * kernel's io_uring_disabled". The last word stays.
 */
void mechanism_refused(const char *what);

#endif
