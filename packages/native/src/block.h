/* block: times one mechanism in blocks long enough for the timer, and checks that time adds up. */
#ifndef CROSSBILL_BLOCK_H
#define CROSSBILL_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mechanism.h"

/* Bound on the samples of one process, kept in memory so that printing disturbs nothing. */
#define BLOCKS_MAX 8192u

struct block {
	uint64_t calls;
	uint64_t ns;
	/* Of these, time on the CPU; read outside the timed part, so slightly more than was timed.
	 */
	uint64_t cpu_ns;
	/* What the mechanism counted; its events are what is priced, else the calls. */
	struct tally tally;
};

/* The ruler itself. */
struct block_timer {
	/* Mean ns of one reading in the quickest of several batches. */
	double cost_ns;
	/* Smallest step between two different readings. */
	uint64_t resolution_ns;
};

struct block_plan {
	uint64_t calls;
	/* 2n calls took twice as long as n, within the tolerance. */
	bool linear;
	double ratio;
	unsigned int attempts;
};

uint64_t block_now_ns(void);
void block_measure_timer(struct block_timer *timer);

/* Times one block. Returns 0 or -errno. */
int block_time(const struct mechanism *mechanism, void *state, uint64_t calls, struct block *block);

/* Finds a block size worth timing; always ends. Returns 0 or -errno. */
int block_plan(const struct mechanism *mechanism, void *state, const struct block_timer *timer,
	       struct block_plan *plan);

#endif
