/* block: times one mechanism in blocks long enough for the timer, and checks that time adds up. */
#define _GNU_SOURCE 1
#include "block.h"

#include <time.h>

/* A block is at least this many times the timer's resolution (0.1 % of reading error)... */
#define RESOLUTIONS_PER_BLOCK 1000u
/* ...and at least this long, so that the two readings of the clock do not show. */
#define SHORTEST_BLOCK_NS 50000u
/* Growing stops here: a block this long is not going to become more linear. */
#define LONGEST_BLOCK_NS 50000000u
/* n and 2n calls must take t and 2t within this share. */
#define LINEAR_TOLERANCE 0.10
#define LINEAR_ATTEMPTS 6u
/* Timing noise only ever adds, so the quickest of a few stands for the block. */
#define TRIES 5u
#define TIMER_READINGS 1000u
#define TIMER_BATCHES 20u

uint64_t block_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Costs a system call of its own, unlike block_now_ns. */
static uint64_t block_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void block_measure_timer(struct block_timer *timer)
{
	uint64_t least = UINT64_MAX;
	uint64_t step = UINT64_MAX;

	for (unsigned int batch = 0; batch < TIMER_BATCHES; batch++) {
		uint64_t start = block_now_ns();
		uint64_t before = start;

		for (unsigned int reading = 0; reading < TIMER_READINGS; reading++) {
			uint64_t now = block_now_ns();

			if (now > before && now - before < step)
				step = now - before;
			before = now;
		}
		if (before - start < least)
			least = before - start;
	}
	timer->cost_ns = (double)least / TIMER_READINGS;
	timer->resolution_ns = step == UINT64_MAX ? 1 : step;
}

int block_time(const struct mechanism *mechanism, void *state, uint64_t calls, struct block *block)
{
	uint64_t cpu_start;
	uint64_t start;
	int error;

	/* Touched before anything is counted: its first page may be one that faults. */
	*block = (struct block){.calls = calls, .tally.events = calls};
	error = mechanism->ready ? mechanism->ready(state, calls) : 0;
	if (error)
		return error;
	cpu_start = block_cpu_ns();
	start = block_now_ns();
	error = mechanism->run(state, calls);
	block->ns = block_now_ns() - start;
	block->cpu_ns = block_cpu_ns() - cpu_start;
	if (error || !mechanism->done)
		return error;
	return mechanism->done(state, calls, &block->tally);
}

static int block_quickest(const struct mechanism *mechanism, void *state, uint64_t calls,
			  uint64_t *ns)
{
	*ns = UINT64_MAX;
	for (unsigned int i = 0; i < TRIES; i++) {
		struct block block;
		int error = block_time(mechanism, state, calls, &block);

		if (error)
			return error;
		if (block.ns < *ns)
			*ns = block.ns;
	}
	return 0;
}

/* Doubles the calls from 1 until a block lasts `least_ns` or the mechanism can do no more. */
static int block_grow(const struct mechanism *mechanism, void *state, uint64_t least_ns,
		      uint64_t *calls)
{
	*calls = 1;
	for (;;) {
		struct block block;
		int error = block_time(mechanism, state, *calls, &block);

		/* Again: one interruption must not make a short block pass for a long one. */
		if (!error && block.ns >= least_ns)
			error = block_time(mechanism, state, *calls, &block);
		if (error)
			return error;
		if (block.ns >= least_ns ||
		    (mechanism->most_calls && *calls * 2 > mechanism->most_calls))
			return 0;
		*calls *= 2;
	}
}

int block_plan(const struct mechanism *mechanism, void *state, const struct block_timer *timer,
	       struct block_plan *plan)
{
	uint64_t least_ns = timer->resolution_ns * RESOLUTIONS_PER_BLOCK;
	int error;

	if (least_ns < SHORTEST_BLOCK_NS)
		least_ns = SHORTEST_BLOCK_NS;
	error = block_grow(mechanism, state, least_ns, &plan->calls);
	plan->linear = false;
	plan->ratio = 0;
	plan->attempts = 0;
	if (mechanism->most_calls == 1)
		return error; /* There is no twice of it. */
	for (; !error && plan->attempts < LINEAR_ATTEMPTS;) {
		uint64_t once, twice;
		bool at_limit = mechanism->most_calls && plan->calls * 2 > mechanism->most_calls;

		if (at_limit)
			plan->calls /= 2;
		if (plan->calls == 0)
			plan->calls = 1;
		error = block_quickest(mechanism, state, plan->calls, &once);
		if (!error)
			error = block_quickest(mechanism, state, plan->calls * 2, &twice);
		if (error)
			break;
		plan->attempts++;
		plan->ratio = once ? (double)twice / (double)once : 0;
		plan->linear = plan->ratio >= 2 * (1 - LINEAR_TOLERANCE) &&
			plan->ratio <= 2 * (1 + LINEAR_TOLERANCE);
		if (plan->linear || twice > LONGEST_BLOCK_NS)
			break;
		if (!at_limit)
			plan->calls *= 2;
	}
	return error;
}
