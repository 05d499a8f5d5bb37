/*
 * packet-udp: messages as UDP datagrams: one call for each, one for a batch (sendmmsg), or one that
 * the kernel carries through its stack as a whole and cuts last (UDP_SEGMENT, joined by UDP_GRO).
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanism.h"
#include "packet-path.h"
#include "packet-sockets.h"

/* Headers older than the kernel they may meet lack these; since Linux 4.18 and 5.0. */
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
/* What IP carries in one packet, less the headers of IP and UDP. */
#define MOST_DATAGRAM 65507u

struct packet_udp_end {
	/* Room for a batch. */
	unsigned char *received;
	/* Messages in it, and how many of them were taken. */
	unsigned int have, taken;
	struct mmsghdr headers[PACKET_MOST_BATCH];
	struct iovec places[PACKET_MOST_BATCH];
};

struct packet_udp {
	struct packet_shape shape;
	int fds[2];
	uint64_t calls;
	unsigned char *joined;
	struct packet_udp_end ends[2];
};

static void packet_udp_close(void *state)
{
	struct packet_udp *self = state;

	for (unsigned int end = 0; end < 2; end++) {
		if (self->fds[end] >= 0)
			close(self->fds[end]);
		free(self->ends[end].received);
	}
	free(self->joined);
	free(self);
}

static int packet_udp_open(void **state, const struct packet_shape *shape)
{
	struct packet_udp *self = calloc(1, sizeof(*self));
	size_t room = (size_t)shape->bytes * PACKET_MOST_BATCH;
	int error = -ENOMEM;

	if (!self)
		return -ENOMEM;
	self->shape = *shape;
	self->fds[0] = self->fds[1] = -1;
	self->joined = calloc(1, room);
	for (unsigned int end = 0; end < 2; end++) {
		struct packet_udp_end *one = &self->ends[end];

		one->received = calloc(1, room);
		for (unsigned int at = 0; one->received && at < PACKET_MOST_BATCH; at++) {
			one->places[at].iov_base = one->received + (size_t)at * shape->bytes;
			one->places[at].iov_len = shape->bytes;
			one->headers[at].msg_hdr.msg_iov = &one->places[at];
			one->headers[at].msg_hdr.msg_iovlen = 1;
		}
	}
	if (self->joined && self->ends[0].received && self->ends[1].received)
		error = packet_sockets_open(self->fds, shape->pair);
	if (error) {
		packet_udp_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int packet_udp_send(void *state, unsigned int end, const void *message, unsigned int count)
{
	struct packet_udp *self = state;

	for (unsigned int at = 0; at < count; at++) {
		ssize_t sent = send(self->fds[end], message, self->shape.bytes, 0);

		self->calls++;
		if (sent != (ssize_t)self->shape.bytes)
			return sent < 0 ? -errno : -EIO;
	}
	return 0;
}

static const void *packet_udp_take(void *state, unsigned int end)
{
	struct packet_udp *self = state;
	unsigned char *place = self->ends[end].received;
	int flags = self->shape.sleeps ? 0 : MSG_DONTWAIT;
	ssize_t got = recv(self->fds[end], place, self->shape.bytes, flags);

	self->calls++;
	if (got >= 0 && got != (ssize_t)self->shape.bytes)
		errno = EIO;
	return got == (ssize_t)self->shape.bytes ? place : NULL;
}

static int packet_udp_batch_send(void *state, unsigned int end, const void *message,
				 unsigned int count)
{
	struct packet_udp *self = state;
	struct iovec place = {.iov_len = self->shape.bytes};
	struct mmsghdr headers[PACKET_MOST_BATCH];
	int sent;

	memcpy(&place.iov_base, &message, sizeof(message));
	for (unsigned int at = 0; at < count; at++)
		headers[at] = (struct mmsghdr){.msg_hdr = {.msg_iov = &place, .msg_iovlen = 1}};
	sent = sendmmsg(self->fds[end], headers, count, 0);
	self->calls++;
	if (sent < 0)
		return -errno;
	return (unsigned int)sent == count ? 0 : -EIO;
}

/* The next of those received, after `refill` when there is none left. */
static const void *packet_udp_next(struct packet_udp *self, unsigned int end,
				   int (*refill)(struct packet_udp *, unsigned int))
{
	struct packet_udp_end *one = &self->ends[end];

	if (one->taken == one->have) {
		int got = refill(self, end);

		self->calls++;
		one->taken = one->have = 0;
		if (got < 0)
			return NULL;
		one->have = (unsigned int)got;
	}
	return one->received + (size_t)one->taken++ * self->shape.bytes;
}

static int packet_udp_batch_refill(struct packet_udp *self, unsigned int end)
{
	int flags = self->shape.sleeps ? MSG_WAITFORONE : MSG_DONTWAIT;

	return recvmmsg(self->fds[end], self->ends[end].headers, self->shape.batch, flags, NULL);
}

static const void *packet_udp_batch_take(void *state, unsigned int end)
{
	return packet_udp_next(state, end, packet_udp_batch_refill);
}

static int packet_udp_segments_open(void **state, const struct packet_shape *shape)
{
	const int on = 1;
	int bytes = (int)shape->bytes;
	struct packet_udp *self;
	int error;

	if (shape->bytes * shape->batch > MOST_DATAGRAM)
		return -EINVAL;
	error = packet_udp_open(state, shape);
	if (error)
		return error;
	self = *state;
	for (unsigned int end = 0; end < 2; end++) {
		int fd = self->fds[end];

		if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, &bytes, sizeof(bytes)) < 0 ||
		    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on)) < 0) {
			error = -errno;
			mechanism_refused("UDP_SEGMENT and UDP_GRO (since Linux 5.0)");
			packet_udp_close(self);
			return error;
		}
	}
	return 0;
}

static int packet_udp_segments_send(void *state, unsigned int end, const void *message,
				    unsigned int count)
{
	struct packet_udp *self = state;
	size_t all = (size_t)count * self->shape.bytes;
	ssize_t sent;

	for (unsigned int at = 0; at < count; at++)
		memcpy(self->joined + (size_t)at * self->shape.bytes, message, self->shape.bytes);
	sent = send(self->fds[end], self->joined, all, 0);
	self->calls++;
	if (sent < 0)
		return -errno;
	return (size_t)sent == all ? 0 : -EIO;
}

static int packet_udp_segments_refill(struct packet_udp *self, unsigned int end)
{
	size_t room = (size_t)self->shape.bytes * PACKET_MOST_BATCH;
	int flags = self->shape.sleeps ? 0 : MSG_DONTWAIT;
	ssize_t got = recv(self->fds[end], self->ends[end].received, room, flags);

	if (got < 0)
		return -1;
	if (got == 0 || got % (ssize_t)self->shape.bytes != 0) {
		errno = EIO;
		return -1;
	}
	return (int)(got / (ssize_t)self->shape.bytes);
}

static const void *packet_udp_segments_take(void *state, unsigned int end)
{
	return packet_udp_next(state, end, packet_udp_segments_refill);
}

static uint64_t packet_udp_calls(const void *state)
{
	const struct packet_udp *self = state;

	return self->calls;
}

const struct packet_path packet_udp = {
	.name = "udp",
	.needs_pair = true,
	.open = packet_udp_open,
	.send = packet_udp_send,
	.take = packet_udp_take,
	.calls = packet_udp_calls,
	.close = packet_udp_close,
};

const struct packet_path packet_udp_batch = {
	.name = "udp-batch",
	.needs_pair = true,
	.open = packet_udp_open,
	.send = packet_udp_batch_send,
	.take = packet_udp_batch_take,
	.calls = packet_udp_calls,
	.close = packet_udp_close,
};

const struct packet_path packet_udp_segments = {
	.name = "udp-segments",
	.needs_pair = true,
	.open = packet_udp_segments_open,
	.send = packet_udp_segments_send,
	.take = packet_udp_segments_take,
	.calls = packet_udp_calls,
	.close = packet_udp_close,
};
