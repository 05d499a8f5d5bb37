/*
 * packet-ping-pong: two processes send one message to and fro over a path between network
 * namespaces; see conversation. wait=sleep waits in the kernel (UDP only), wait=spin looks again.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conversation.h"
#include "packet-path.h"

static const char *const waits[] = {"spin", "sleep", NULL};

struct packet_ping_pong {
	const struct packet_path *path;
	void *state;
	struct veth_pair pair;
	struct packet_shape shape;
};

static void packet_ping_pong_channel_close(void *state)
{
	struct packet_ping_pong *self = state;

	if (self->state)
		self->path->close(self->state);
	if (self->shape.pair)
		veth_pair_close(&self->pair);
	free(self);
}

static int packet_ping_pong_set_up(struct packet_ping_pong *self)
{
	if (self->path->needs_pair) {
		int error = veth_pair_open(&self->pair);

		if (error)
			return error;
		self->shape.pair = &self->pair;
	}
	return self->path->open(&self->state, &self->shape);
}

static int packet_ping_pong_channel_open(void **state, size_t bytes, struct parameters *parameters)
{
	const struct packet_path *path = packet_path_chosen(parameters);
	bool sleeps = parameter_choice(parameters, "wait", waits) == 1;
	struct packet_ping_pong *self;
	int error;

	if (bytes > PACKET_MOST_BYTES || (sleeps && strcmp(path->name, "udp") != 0))
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->path = path;
	self->shape = (struct packet_shape){
		.bytes = (unsigned int)bytes, .batch = 1, .sleeps = sleeps, .both_ways = true};
	error = packet_ping_pong_set_up(self);
	if (error) {
		packet_ping_pong_channel_close(self);
		return error;
	}
	*state = self;
	return 0;
}

/* Both processes keep both ends: who does not use one does not disturb it. */
static void packet_ping_pong_take_side(void *state, enum side side)
{
	(void)state;
	(void)side;
}

static int packet_ping_pong_send(void *state, enum side side, const void *message, size_t bytes)
{
	struct packet_ping_pong *self = state;

	(void)bytes;
	return self->path->send(self->state, side == SIDE_OURS ? 0 : 1, message, 1);
}

static const void *packet_ping_pong_receive(void *state, enum side side, void *buffer, size_t bytes)
{
	struct packet_ping_pong *self = state;

	(void)buffer;
	(void)bytes;
	return packet_path_await(self->path, self->state, side == SIDE_OURS ? 0 : 1);
}

static uint64_t packet_ping_pong_calls(const void *state, enum side side)
{
	const struct packet_ping_pong *self = state;

	(void)side;
	return self->path->calls(self->state);
}

static const struct channel channel = {
	.open = packet_ping_pong_channel_open,
	.take_side = packet_ping_pong_take_side,
	.send = packet_ping_pong_send,
	.receive = packet_ping_pong_receive,
	.calls = packet_ping_pong_calls,
	.close = packet_ping_pong_channel_close,
};

static int packet_ping_pong_open(void **state, struct parameters *parameters)
{
	return conversation_open(state, parameters, &channel);
}

MECHANISM(packet_ping_pong_mechanism) = {
	.name = "packet-ping-pong",
	.open = packet_ping_pong_open,
	.ready = conversation_ready,
	.run = conversation_run,
	.done = conversation_done,
	.close = conversation_close,
};
