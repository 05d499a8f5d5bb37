/* replay-recorded: exactly the recorded calls. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static int replay_recorded_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	int error = 0;

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses && !error; i++)
		error = replay_perform(self, &self->plan.accesses[i]);
	return error;
}

static int replay_recorded_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_recorded_run, tally);
}

MECHANISM(replay_recorded_mechanism) = {
	.name = "replay-recorded",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_recorded_run,
	.done = replay_recorded_done,
	.close = replay_close,
};
