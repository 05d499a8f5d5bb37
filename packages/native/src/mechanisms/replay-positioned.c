/* replay-positioned: each read and write says where, so nothing seeks before it. */
#define _GNU_SOURCE 1
#include "mechanism.h"
#include "replay.h"

static int replay_positioned_run(void *state, uint64_t calls)
{
	struct replay *self = state;

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++) {
		struct replay_access access = self->plan.accesses[i];
		int error;

		if (access.operation == REPLAY_SEEK)
			continue;
		if (access.operation == REPLAY_READ)
			access.operation = REPLAY_PREAD;
		if (access.operation == REPLAY_WRITE)
			access.operation = REPLAY_PWRITE;
		error = replay_perform(self, &access);
		if (error)
			return error;
	}
	return 0;
}

static int replay_positioned_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_positioned_run, tally);
}

MECHANISM(replay_positioned_mechanism) = {
	.name = "replay-positioned",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_positioned_run,
	.done = replay_positioned_done,
	.close = replay_close,
};
