/* replay-ring: the recorded reads go to the kernel in batches through an io_uring. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"
#include "uring.h"

#define MOST_DEPTH 256u
/* All reads in flight have a buffer of their own. */
#define MOST_BYTES (64u << 20)

struct replay_ring {
	struct replay replay; /* first: the shared hooks see only this */
	struct uring ring;
	unsigned char *buffers;
	size_t stride;
	unsigned int depth;
	/* The accesses of the batch, and what each returned. */
	const struct replay_access *batch[MOST_DEPTH];
	int32_t results[MOST_DEPTH];
	unsigned int count;
};

static void replay_ring_close(void *state)
{
	struct replay_ring *self = state;

	uring_close(&self->ring);
	free(self->buffers);
	replay_end(&self->replay);
	free(self);
}

static int replay_ring_set_up(struct replay_ring *self, uint64_t depth)
{
	struct uring_options options = {0};
	int error;

	self->stride = self->replay.plan.largest;
	if (self->stride == 0 || depth < 1 || depth > MOST_DEPTH)
		return -EINVAL;
	while (depth > 1 && depth * self->stride > MOST_BYTES)
		depth /= 2;
	self->depth = (unsigned int)depth;
	self->buffers = calloc(depth, self->stride);
	if (!self->buffers)
		return -ENOMEM;
	options.entries = self->depth;
	error = uring_open(&self->ring, &options);
	if (error)
		mechanism_refused(uring_refusal(error));
	return error;
}

static int replay_ring_open(void **state, struct parameters *parameters)
{
	struct replay_ring *self = calloc(1, sizeof(*self));
	uint64_t depth = parameter_number(parameters, "depth", 32);
	int error;

	if (!self)
		return -ENOMEM;
	self->ring.fd = -1;
	error = replay_begin(&self->replay, parameters);
	if (error) {
		free(self);
		return error;
	}
	error = replay_ring_set_up(self, depth);
	if (error)
		replay_ring_close(self);
	else
		*state = self;
	return error;
}

/* A read that came back short before the end of the file is finished the plain way. */
static int replay_ring_finish(struct replay_ring *self, unsigned int slot)
{
	const struct replay_access *access = self->batch[slot];
	unsigned char *buffer = self->buffers + slot * self->stride;
	size_t done = 0;

	if (self->results[slot] < 0)
		return self->results[slot];
	done = (size_t)self->results[slot];
	while (done > 0 && done < access->moved) {
		ssize_t got = pread(self->replay.fd, buffer + done, access->asked - done,
				    (off_t)(access->offset + done));

		self->replay.calls++;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	replay_delivered(&self->replay, access, buffer, done);
	return 0;
}

static int replay_ring_submit(struct replay_ring *self)
{
	const struct io_uring_cqe *completion;
	unsigned int count = self->count;
	unsigned int arrived = 0;
	int submitted;
	int error = 0;

	self->count = 0;
	if (count == 0)
		return 0;
	submitted = uring_submit(&self->ring, count);
	if (submitted != (int)count)
		return submitted < 0 ? submitted : -EAGAIN;
	while ((completion = uring_completion(&self->ring))) {
		if (completion->user_data < count)
			self->results[completion->user_data] = completion->res;
		arrived++;
		uring_seen(&self->ring);
	}
	if (arrived != count)
		return -EIO;
	for (unsigned int slot = 0; slot < count && !error; slot++)
		error = replay_ring_finish(self, slot);
	return error;
}

static int replay_ring_run(void *state, uint64_t calls)
{
	struct replay_ring *self = state;
	struct replay *replay = &self->replay;
	uint64_t enters = self->ring.enters;
	int error = 0;

	(void)calls;
	for (uint64_t i = 0; i < replay->plan.head.accesses && !error; i++) {
		const struct replay_access *access = &replay->plan.accesses[i];
		struct io_uring_sqe *sqe;

		if (!replay_is_read(access))
			continue;
		sqe = uring_next(&self->ring);
		if (!sqe)
			return -EBUSY;
		uring_read(sqe, replay->fd, self->buffers + self->count * self->stride,
			   access->asked, access->offset, self->count);
		self->batch[self->count++] = access;
		if (self->count == self->depth)
			error = replay_ring_submit(self);
	}
	if (!error)
		error = replay_ring_submit(self);
	replay->calls += self->ring.enters - enters;
	return error;
}

static int replay_ring_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_ring_run, tally);
}

MECHANISM(replay_ring_mechanism) = {
	.name = "replay-ring",
	.most_calls = 1,
	.open = replay_ring_open,
	.ready = replay_ready,
	.run = replay_ring_run,
	.done = replay_ring_done,
	.close = replay_ring_close,
};
