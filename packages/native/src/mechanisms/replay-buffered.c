/* replay-buffered: one large read serves many small ones, which are copied from its buffer. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

/* What the buffer holds of the file. */
struct window {
	uint64_t start;
	size_t bytes;
};

static ssize_t replay_read_ahead(struct replay *self, struct window *window, uint64_t offset)
{
	ssize_t got = pread(self->fd, self->store, self->piece, (off_t)offset);

	self->calls++;
	if (got < 0)
		return -errno;
	*window = (struct window){.start = offset, .bytes = (size_t)got};
	return got;
}

/* Returns the bytes it got, fewer than asked only at the end of the file, or -errno. */
static ssize_t replay_from_buffer(struct replay *self, struct window *window,
				  const struct replay_access *access)
{
	size_t done = 0;

	while (done < access->asked) {
		uint64_t offset = access->offset + done;
		size_t take = access->asked - done;

		if (offset < window->start || offset >= window->start + window->bytes) {
			ssize_t got = replay_read_ahead(self, window, offset);

			if (got < 0)
				return got;
			if (got == 0)
				break;
		}
		if (take > window->start + window->bytes - offset)
			take = (size_t)(window->start + window->bytes - offset);
		memcpy(self->buffer + done, self->store + (offset - window->start), take);
		done += take;
	}
	return (ssize_t)done;
}

static int replay_buffered_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	struct window window = {0};

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++) {
		const struct replay_access *access = &self->plan.accesses[i];
		ssize_t got;

		if (!replay_is_read(access))
			continue;
		got = replay_from_buffer(self, &window, access);
		if (got < 0)
			return (int)got;
		replay_delivered(self, access, self->buffer, (size_t)got);
	}
	return 0;
}

static int replay_buffered_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_buffered_run, tally);
}

MECHANISM(replay_buffered_mechanism) = {
	.name = "replay-buffered",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_buffered_run,
	.done = replay_buffered_done,
	.close = replay_close,
};
