/*
 * monitored-calls: some computing and then `calls` getppid calls, under the monitor that `under`
 * names (monitor.c has the list). One event is one such round.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "monitor.h"

#define MOST_CALLS 65536u
#define MOST_TURNS 100000000u

struct monitored_calls {
	struct monitor monitor;
	uint64_t calls;
	uint64_t turns;
	uint64_t sum;
	/* From the first timed call to the last. */
	uint64_t seen;
	/* From `ready` to `done`: with the clock's calls and the question itself. */
	uint64_t seen_before;
	uint64_t switches_before;
};

static int monitored_calls_open(void **state, struct parameters *parameters)
{
	uint64_t calls = parameter_number(parameters, "calls", 1);
	uint64_t turns = parameter_number(parameters, "turns", 0);
	struct monitored_calls *self;
	int error;

	if (calls > MOST_CALLS || turns > MOST_TURNS)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->calls = calls;
	self->turns = turns;
	self->sum = 88172645463325252u; /* Any number but 0. */
	error = monitor_open(&self->monitor, parameters, false);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int monitored_calls_ready(void *state, uint64_t calls)
{
	struct monitored_calls *self = state;
	int error = monitor_switches(&self->monitor, &self->switches_before);

	(void)calls;
	self->seen_before = monitor_seen(&self->monitor);
	return error;
}

/* Marsaglia's xorshift: every turn waits for the one before it, and no memory is touched. */
static uint64_t monitored_calls_compute(uint64_t sum, uint64_t turns)
{
	for (uint64_t turn = 0; turn < turns; turn++) {
		sum ^= sum << 13;
		sum ^= sum >> 7;
		sum ^= sum << 17;
	}
	return sum;
}

static int monitored_calls_run(void *state, uint64_t calls)
{
	struct monitored_calls *self = state;
	/* A read of memory alone where calls are watched one by one, so that it adds none. */
	uint64_t before = monitor_seen(&self->monitor);

	monitor_begin(&self->monitor);
	for (uint64_t event = 0; event < calls; event++) {
		self->sum = monitored_calls_compute(self->sum, self->turns);
		/* The C library's function, as only that can be interposed. */
		for (uint64_t call = 0; call < self->calls; call++)
			getppid();
	}
	monitor_end(&self->monitor);
	self->seen = monitor_seen(&self->monitor) - before;
	return 0;
}

static int monitored_calls_done(void *state, uint64_t calls, struct tally *tally)
{
	struct monitored_calls *self = state;
	uint64_t seen_by_all;
	uint64_t switches;
	int error = monitor_switches(&self->monitor, &switches);

	if (error)
		return error;
	if (monitor_counts(&self->monitor) && self->seen != calls * self->calls) {
		mechanism_refused("the monitor saw other calls than were made");
		return -EIO;
	}
	switches -= self->switches_before;
	seen_by_all = monitor_seen(&self->monitor) - self->seen_before;
	/* The calls beyond the timed ones were switched for as those were: they are taken off. */
	if (seen_by_all > self->seen)
		switches = switches * self->seen / seen_by_all;
	tally_count(tally, "calls", calls * self->calls);
	tally_count(tally, "seen", self->seen);
	tally_count(tally, "switches", switches);
	return 0;
}

static void monitored_calls_close(void *state)
{
	struct monitored_calls *self = state;

	monitor_close(&self->monitor);
	free(self);
}

MECHANISM(monitored_calls_mechanism) = {
	.name = "monitored-calls",
	.open = monitored_calls_open,
	.ready = monitored_calls_ready,
	.run = monitored_calls_run,
	.done = monitored_calls_done,
	.close = monitored_calls_close,
};
