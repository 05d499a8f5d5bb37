/* packet-path: what all ways for messages share: their names, their shape, and patience. */
#define _GNU_SOURCE 1
#include "packet-path.h"

#include <errno.h>
#include <sched.h>

#include "block.h"

/* A message that has not come after this is lost. */
#define PATIENCE_NS 2000000000u
/*
 * Looks for a message before the CPU is offered to others and the clock is read: far longer than
 * any message takes, unless who is to deliver it waits for this CPU. So no usual message pays for
 * it, and it is not among the calls counted.
 */
#define LOOKS 1024u

static const struct packet_path *const paths[] = {
	&packet_udp,  &packet_udp_batch, &packet_udp_segments, &packet_uring,
	&packet_mmap, &packet_xdp,	 &packet_ring,
};
#define PATHS (sizeof(paths) / sizeof(paths[0]))

const struct packet_path *packet_path_chosen(struct parameters *parameters)
{
	const char *names[PATHS + 1] = {NULL};

	for (unsigned int at = 0; at < PATHS; at++)
		names[at] = paths[at]->name;
	return paths[parameter_choice(parameters, "path", names)];
}

int packet_shape_read(struct packet_shape *shape, struct parameters *parameters)
{
	uint64_t bytes = parameter_number(parameters, "bytes", 64);
	uint64_t batch = parameter_number(parameters, "batch", 1);

	if (bytes < 1 || bytes > PACKET_MOST_BYTES || batch < 1 || batch > PACKET_MOST_BATCH)
		return -EINVAL;
	shape->bytes = (unsigned int)bytes;
	shape->batch = (unsigned int)batch;
	return 0;
}

const void *packet_path_await(const struct packet_path *path, void *state, unsigned int end)
{
	uint64_t until = 0;

	for (;;) {
		for (unsigned int look = 0; look < LOOKS; look++) {
			const void *message = path->take(state, end);

			if (message || errno != EAGAIN)
				return message;
		}
		sched_yield();
		if (until == 0)
			until = block_now_ns() + PATIENCE_NS;
		if (block_now_ns() > until) {
			errno = ETIME;
			return NULL;
		}
	}
}
