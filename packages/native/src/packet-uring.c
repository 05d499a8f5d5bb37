/*
 * packet-uring: UDP datagrams through an io_uring: one crossing for a batch of sends at one end and
 * as many receptions at the other. Both ends are one process's, so it serves one thread only.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "packet-path.h"
#include "packet-sockets.h"
#include "uring.h"

struct packet_uring {
	struct packet_shape shape;
	int fds[2];
	struct uring uring;
	unsigned char *received;
	unsigned int have, taken;
};

static void packet_uring_close(void *state)
{
	struct packet_uring *self = state;

	if (self->uring.fd >= 0)
		uring_close(&self->uring);
	for (unsigned int end = 0; end < 2; end++)
		if (self->fds[end] >= 0)
			close(self->fds[end]);
	free(self->received);
	free(self);
}

static int packet_uring_set_up(struct packet_uring *self)
{
	const struct uring_options options = {.entries = 2 * PACKET_MOST_BATCH};
	struct uring uring;
	int error = uring_open(&uring, &options);

	if (error) {
		mechanism_refused(uring_refusal(error));
		return error;
	}
	self->uring = uring;
	return packet_sockets_open(self->fds, self->shape.pair);
}

static int packet_uring_open(void **state, const struct packet_shape *shape)
{
	struct packet_uring *self;
	int error = -ENOMEM;

	if (shape->both_ways)
		return -EOPNOTSUPP;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->shape = *shape;
	self->uring.fd = self->fds[0] = self->fds[1] = -1;
	self->received = calloc(PACKET_MOST_BATCH, shape->bytes);
	if (self->received)
		error = packet_uring_set_up(self);
	if (error) {
		packet_uring_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static void packet_uring_ask(struct packet_uring *self, uint8_t operation, int fd,
			     const void *place)
{
	/* There is room: the ring holds two batches and is empty between them. */
	struct io_uring_sqe *sqe = uring_next(&self->uring);

	sqe->opcode = operation;
	sqe->fd = fd;
	sqe->addr = (uint64_t)(uintptr_t)place;
	sqe->len = self->shape.bytes;
}

static int packet_uring_send(void *state, unsigned int end, const void *message, unsigned int count)
{
	struct packet_uring *self = state;
	int result;

	for (unsigned int at = 0; at < count; at++)
		packet_uring_ask(self, IORING_OP_SEND, self->fds[end], message);
	for (unsigned int at = 0; at < count; at++)
		packet_uring_ask(self, IORING_OP_RECV, self->fds[1 - end],
				 self->received + (size_t)at * self->shape.bytes);
	result = uring_submit(&self->uring, 2 * count);
	for (unsigned int at = 0; result >= 0 && at < 2 * count; at++) {
		const struct io_uring_cqe *cqe = uring_completion(&self->uring);

		if (!cqe || cqe->res != (int)self->shape.bytes)
			return -EIO;
		uring_seen(&self->uring);
	}
	self->have = count;
	self->taken = 0;
	return result < 0 ? result : 0;
}

static const void *packet_uring_take(void *state, unsigned int end)
{
	struct packet_uring *self = state;

	(void)end;
	if (self->taken == self->have) {
		errno = EAGAIN;
		return NULL;
	}
	return self->received + (size_t)self->taken++ * self->shape.bytes;
}

static uint64_t packet_uring_calls(const void *state)
{
	const struct packet_uring *self = state;

	return self->uring.enters;
}

const struct packet_path packet_uring = {
	.name = "io_uring",
	.needs_pair = true,
	.open = packet_uring_open,
	.send = packet_uring_send,
	.take = packet_uring_take,
	.calls = packet_uring_calls,
	.close = packet_uring_close,
};
