/* replay-copied: a copy loop: what each recorded read gets is written to the scratch file. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static int replay_copied_run(void *state, uint64_t calls)
{
	struct replay *self = state;

	(void)calls;
	if (self->source < 0 || self->scratch < 0)
		return -EINVAL;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++) {
		uint64_t before = self->bytes;
		int error = replay_perform(self, &self->plan.accesses[i]);
		size_t moved = (size_t)(self->bytes - before);

		if (error)
			return error;
		if (moved == 0)
			continue;
		self->calls++;
		if (write(self->scratch, self->buffer, moved) != (ssize_t)moved)
			return -EIO;
	}
	return 0;
}

static int replay_copied_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_copied_run, tally);
}

MECHANISM(replay_copied_mechanism) = {
	.name = "replay-copied",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_copied_run,
	.done = replay_copied_done,
	.close = replay_close,
};
