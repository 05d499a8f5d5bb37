/* thing: the contract between one measured thing and the timer that prices it. */
#ifndef CROSSBILL_THING_H
#define CROSSBILL_THING_H

#include <stddef.h>
#include <stdint.h>

struct thing {
	const char *name;
	/* The largest block that `ready` can prepare; 0: any. */
	uint64_t most_calls;
	/* Prepare what lasts for the whole process. Returns 0 or -errno. */
	int (*open)(void **state, uint64_t argument);
	/* Prepare one block, untimed; NULL: nothing to do. Returns 0 or -errno. */
	int (*ready)(void *state, uint64_t calls);
	/* Do it `calls` times; the only timed hook. Returns 0 or -errno. */
	int (*run)(void *state, uint64_t calls);
	/*
	 * Clean up after one block, untimed, and say how many of the priced events the kernel
	 * itself counted; NULL: as many as calls. Returns 0 or -errno.
	 */
	int (*done)(void *state, uint64_t calls, uint64_t *events);
	/* Undo open. Called once after every successful open. */
	void (*close)(void *state);
};

extern const struct thing *const things[];
extern const size_t thing_count;

/* The thing of that name, or NULL. */
const struct thing *thing_find(const char *name);

#endif
