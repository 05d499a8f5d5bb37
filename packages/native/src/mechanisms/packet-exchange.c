/*
 * packet-exchange: one thread sends a batch of messages from one end of a path and takes them at
 * the other: what a message costs in CPU time, without anybody being woken. A call is a batch; the
 * events are the messages.
 * With trips=1 the kernel's own part is counted too, which slows it: such points tell no price.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel-trips.h"
#include "mechanism.h"
#include "packet-path.h"
#include "word-sum.h"

/* Enough for addresses to be resolved and memory to be warm. */
#define WARM_UP_BATCHES 8u

struct packet_exchange {
	const struct packet_path *path;
	void *state;
	struct veth_pair pair;
	struct packet_shape shape;
	unsigned char message[PACKET_MOST_BYTES];
	uint64_t expected; /* Sum of one message. */
	uint64_t sum;
	int trips; /* -1: not counted */
	uint64_t calls_before, trips_before;
};

static int packet_exchange_run(void *state, uint64_t calls)
{
	struct packet_exchange *self = state;
	const struct packet_path *path = self->path;

	for (uint64_t call = 0; call < calls; call++) {
		int error = path->send(self->state, 0, self->message, self->shape.batch);

		for (unsigned int at = 0; !error && at < self->shape.batch; at++) {
			const void *message = packet_path_await(path, self->state, 1);

			if (message)
				self->sum += word_sum(message, self->shape.bytes);
			else
				error = -errno;
		}
		if (error)
			return error;
	}
	return 0;
}

static int packet_exchange_ready(void *state, uint64_t calls)
{
	struct packet_exchange *self = state;

	(void)calls;
	self->sum = 0;
	self->calls_before = self->path->calls(self->state);
	return self->trips < 0 ? 0 : kernel_trips_read(self->trips, &self->trips_before);
}

static int packet_exchange_done(void *state, uint64_t calls, struct tally *tally)
{
	struct packet_exchange *self = state;
	uint64_t trips;
	int error;

	tally->events = calls * self->shape.batch;
	if (self->sum != tally->events * self->expected)
		return -EBADMSG;
	tally_count(tally, "calls", self->path->calls(self->state) - self->calls_before);
	if (self->trips < 0)
		return 0;
	error = kernel_trips_read(self->trips, &trips);
	if (!error)
		tally_count(tally, "trips", trips - self->trips_before);
	return error;
}

static void packet_exchange_close(void *state)
{
	struct packet_exchange *self = state;

	if (self->trips >= 0)
		close(self->trips);
	if (self->state)
		self->path->close(self->state);
	if (self->shape.pair)
		veth_pair_close(&self->pair);
	free(self);
}

static int packet_exchange_set_up(struct packet_exchange *self, bool counts_trips)
{
	int error = 0;

	for (unsigned int at = 0; at < self->shape.bytes; at++)
		self->message[at] = (unsigned char)(at % 251 + 1);
	self->expected = word_sum(self->message, self->shape.bytes);
	if (self->path->needs_pair) {
		error = veth_pair_open(&self->pair);
		if (error)
			return error;
		self->shape.pair = &self->pair;
	}
	error = self->path->open(&self->state, &self->shape);
	if (!error)
		error = packet_exchange_run(self, WARM_UP_BATCHES);
	if (error || !counts_trips)
		return error;
	self->trips = kernel_trips_open();
	return self->trips < 0 ? self->trips : 0;
}

static int packet_exchange_open(void **state, struct parameters *parameters)
{
	const struct packet_path *path = packet_path_chosen(parameters);
	bool counts_trips = parameter_number(parameters, "trips", 0) != 0;
	struct packet_exchange *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->path = path;
	self->trips = -1;
	error = packet_shape_read(&self->shape, parameters);
	if (!error)
		error = packet_exchange_set_up(self, counts_trips);
	if (error) {
		packet_exchange_close(self);
		return error;
	}
	*state = self;
	return 0;
}

MECHANISM(packet_exchange_mechanism) = {
	.name = "packet-exchange",
	.open = packet_exchange_open,
	.ready = packet_exchange_ready,
	.run = packet_exchange_run,
	.done = packet_exchange_done,
	.close = packet_exchange_close,
};
