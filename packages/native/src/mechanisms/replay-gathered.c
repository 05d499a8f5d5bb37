/* replay-gathered: small writes are gathered in a buffer, and written when it is full. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

/* What waits in the buffer, and where it belongs. */
struct waiting {
	uint64_t start;
	size_t bytes;
};

static int replay_write_out(struct replay *self, const unsigned char *data, size_t bytes,
			    uint64_t offset)
{
	while (bytes > 0) {
		ssize_t wrote = pwrite(self->fd, data, bytes, (off_t)offset);

		self->calls++;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		data += wrote;
		bytes -= (size_t)wrote;
		offset += (uint64_t)wrote;
	}
	return 0;
}

static int replay_flush(struct replay *self, struct waiting *waiting)
{
	int error = replay_write_out(self, self->store, waiting->bytes, waiting->start);

	waiting->bytes = 0;
	return error;
}

static int replay_gather(struct replay *self, struct waiting *waiting,
			 const struct replay_access *access)
{
	const unsigned char *data = replay_written(self, access->offset);
	int error = 0;

	if (access->offset != waiting->start + waiting->bytes ||
	    access->asked > self->piece - waiting->bytes)
		error = replay_flush(self, waiting);
	if (error)
		return error;
	if (access->asked >= self->piece) {
		error = replay_write_out(self, data, access->asked, access->offset);
	} else {
		if (waiting->bytes == 0)
			waiting->start = access->offset;
		memcpy(self->store + waiting->bytes, data, access->asked);
		waiting->bytes += access->asked;
	}
	if (!error)
		replay_delivered(self, access, data, access->asked);
	return error;
}

static int replay_gathered_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	struct waiting waiting = {0};
	int error = 0;

	(void)calls;
	for (uint64_t i = 0; i < self->plan.head.accesses && !error; i++) {
		const struct replay_access *access = &self->plan.accesses[i];

		if (replay_is_write(access)) {
			error = replay_gather(self, &waiting, access);
			continue;
		}
		/* What reads or makes durable must find all that was written before. */
		error = replay_flush(self, &waiting);
		if (!error)
			error = replay_perform(self, access);
	}
	return error ? error : replay_flush(self, &waiting);
}

static int replay_gathered_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_gathered_run, tally);
}

MECHANISM(replay_gathered_mechanism) = {
	.name = "replay-gathered",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_gathered_run,
	.done = replay_gathered_done,
	.close = replay_close,
};
