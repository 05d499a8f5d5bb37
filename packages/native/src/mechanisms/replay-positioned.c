/* replay-positioned: each read says where it reads, so nothing seeks before it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static int replay_positioned_run(void *state, uint64_t calls)
{
	struct replay *self = state;

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++) {
		const struct replay_access *access = &self->plan.accesses[i];
		ssize_t got;

		if (!replay_is_read(access))
			continue;
		self->calls++;
		got = pread(self->fd, self->buffer, access->asked, (off_t)access->offset);
		if (got < 0)
			return -errno;
		replay_delivered(self, access, self->buffer, (size_t)got);
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
