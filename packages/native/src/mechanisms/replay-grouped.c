/* replay-grouped: the recorded calls, but many records are made durable by one fsync. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static bool replay_syncs(const struct replay_access *access)
{
	return access->operation == REPLAY_SYNC || access->operation == REPLAY_DATA_SYNC;
}

static int replay_grouped_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	const struct replay_access *postponed = NULL;
	uint64_t records = 0;
	int error = 0;

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses && !error; i++) {
		const struct replay_access *access = &self->plan.accesses[i];

		if (!replay_syncs(access)) {
			error = replay_perform(self, access);
		} else if (++records % self->group == 0) {
			error = replay_perform(self, access);
			postponed = NULL;
		} else {
			postponed = access;
		}
	}
	/* The last group is durable too. */
	return !error && postponed ? replay_perform(self, postponed) : error;
}

static int replay_grouped_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_grouped_run, tally);
}

MECHANISM(replay_grouped_mechanism) = {
	.name = "replay-grouped",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_grouped_run,
	.done = replay_grouped_done,
	.close = replay_close,
};
