/* replay-copy-range: the kernel copies the range that the recorded reads covered. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static int replay_copy_range_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	off_t from = (off_t)self->plan.accesses[0].offset;
	uint64_t left = 0;

	(void)calls;
	if (self->source < 0 || self->scratch < 0)
		return -EINVAL;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++)
		left += self->plan.accesses[i].moved;
	while (left > 0) {
		ssize_t copied = copy_file_range(self->source, &from, self->scratch, NULL, left, 0);

		self->calls++;
		if (copied < 0)
			return -errno;
		if (copied == 0)
			break;
		left -= (uint64_t)copied;
		self->bytes += (uint64_t)copied;
	}
	self->differing += left > 0;
	return 0;
}

static int replay_copy_range_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_copy_range_run, tally);
}

MECHANISM(replay_copy_range_mechanism) = {
	.name = "replay-copy-range",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_copy_range_run,
	.done = replay_copy_range_done,
	.close = replay_close,
};
