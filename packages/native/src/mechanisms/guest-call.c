/*
 * guest-call: `calls` system calls of a virtual machine to its own handler; one event is one entry
 * into the guest with that many calls. `monitored=1`: its handler's page cannot be fetched, so that
 * each call comes to us first.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "bare-guest.h"
#include "mechanism.h"

#define MOST_CALLS 65536u

struct guest_call {
	struct bare_guest guest;
	uint64_t calls;
	uint64_t recorded;
	uint64_t exits_before;
};

static int guest_call_open(void **state, struct parameters *parameters)
{
	uint64_t calls = parameter_number(parameters, "calls", 1);
	uint64_t monitored = parameter_number(parameters, "monitored", 0);
	struct guest_call *self;
	int error;

	if (calls < 1 || calls > MOST_CALLS || monitored > 1)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->calls = calls;
	error = bare_guest_open(&self->guest, monitored == 1);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int guest_call_ready(void *state, uint64_t calls)
{
	struct guest_call *self = state;

	(void)calls;
	self->recorded = 0;
	if (bare_guest_exits(&self->guest, &self->exits_before))
		self->exits_before = 0;
	return 0;
}

static int guest_call_run(void *state, uint64_t calls)
{
	struct guest_call *self = state;

	for (uint64_t event = 0; event < calls; event++) {
		int error = bare_guest_call(&self->guest, self->calls);

		if (error)
			return error;
		self->recorded += self->guest.recorded;
	}
	return 0;
}

static int guest_call_done(void *state, uint64_t calls, struct tally *tally)
{
	struct guest_call *self = state;
	uint64_t exits;

	tally_count(tally, "calls", calls * self->calls);
	tally_count(tally, "recorded", self->recorded);
	tally_count(tally, "flat", self->guest.kind == BARE_GUEST_FLAT ? calls : 0);
	if (bare_guest_exits(&self->guest, &exits) == 0)
		tally_count(tally, "exits", exits - self->exits_before);
	return 0;
}

static void guest_call_close(void *state)
{
	struct guest_call *self = state;

	bare_guest_close(&self->guest);
	free(self);
}

MECHANISM(guest_call_mechanism) = {
	.name = "guest-call",
	.open = guest_call_open,
	.ready = guest_call_ready,
	.run = guest_call_run,
	.done = guest_call_done,
	.close = guest_call_close,
};
