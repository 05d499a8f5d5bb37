/* descriptors-pair: a channel of two ends that are file descriptors, read and written whole. */
#define _GNU_SOURCE 1
#include "descriptors-pair.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static void descriptors_pair_close_side(struct descriptors_pair *self, enum side side)
{
	if (self->in[side] >= 0)
		close(self->in[side]);
	if (self->out[side] >= 0 && self->out[side] != self->in[side])
		close(self->out[side]);
	self->in[side] = self->out[side] = -1;
}

void descriptors_pair_take_side(void *state, enum side side)
{
	descriptors_pair_close_side(state, side == SIDE_OURS ? SIDE_PEER : SIDE_OURS);
}

int descriptors_pair_send(void *state, enum side side, const void *message, size_t bytes)
{
	struct descriptors_pair *self = state;
	const unsigned char *at = message;

	while (bytes > 0) {
		ssize_t wrote = write(self->out[side], at, bytes);

		self->calls++;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EPIPE;
		at += wrote;
		bytes -= (size_t)wrote;
	}
	return 0;
}

const void *descriptors_pair_receive(void *state, enum side side, void *buffer, size_t bytes)
{
	struct descriptors_pair *self = state;
	unsigned char *at = buffer;

	while (bytes > 0) {
		ssize_t got = read(self->in[side], at, bytes);

		self->calls++;
		if (got <= 0) {
			if (got == 0)
				errno = EPIPE;
			return NULL;
		}
		at += got;
		bytes -= (size_t)got;
	}
	return buffer;
}

uint64_t descriptors_pair_calls(const void *state, enum side side)
{
	const struct descriptors_pair *self = state;

	(void)side; /* Each process counts its own. */
	return self->calls;
}

void descriptors_pair_close(void *state)
{
	descriptors_pair_close_side(state, SIDE_OURS);
	descriptors_pair_close_side(state, SIDE_PEER);
	free(state);
}
