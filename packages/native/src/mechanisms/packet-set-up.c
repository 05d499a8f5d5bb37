/*
 * packet-set-up: what a path costs before its first message, both ends together (stage=open), or
 * after its last (stage=close). The devices that it runs between are there already.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "mechanism.h"
#include "packet-path.h"

static const char *const stages[] = {"open", "close", NULL};

struct packet_set_up {
	const struct packet_path *path;
	bool times_close;
	/* Of the block that is under way. */
	void *state;
	struct veth_pair pair;
	struct packet_shape shape;
};

static void packet_set_up_down(struct packet_set_up *self)
{
	if (self->state)
		self->path->close(self->state);
	self->state = NULL;
	if (self->shape.pair)
		veth_pair_close(&self->pair);
	self->shape.pair = NULL;
}

static void packet_set_up_close(void *state)
{
	packet_set_up_down(state);
	free(state);
}

static int packet_set_up_open(void **state, struct parameters *parameters)
{
	struct packet_set_up *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->path = packet_path_chosen(parameters);
	self->times_close = parameter_choice(parameters, "stage", stages) == 1;
	error = packet_shape_read(&self->shape, parameters);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

/* Devices of its own for every block: the kernel gives those of the last one free when it likes. */
static int packet_set_up_ready(void *state, uint64_t calls)
{
	struct packet_set_up *self = state;

	(void)calls;
	if (self->path->needs_pair) {
		int error = veth_pair_open(&self->pair);

		if (error)
			return error;
		self->shape.pair = &self->pair;
	}
	return self->times_close ? self->path->open(&self->state, &self->shape) : 0;
}

static int packet_set_up_run(void *state, uint64_t calls)
{
	struct packet_set_up *self = state;

	(void)calls;
	if (!self->times_close)
		return self->path->open(&self->state, &self->shape);
	self->path->close(self->state);
	self->state = NULL;
	return 0;
}

static int packet_set_up_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	(void)tally;
	packet_set_up_down(state);
	return 0;
}

MECHANISM(packet_set_up_mechanism) = {
	.name = "packet-set-up",
	.most_calls = 1,
	.open = packet_set_up_open,
	.ready = packet_set_up_ready,
	.run = packet_set_up_run,
	.done = packet_set_up_done,
	.close = packet_set_up_close,
};
