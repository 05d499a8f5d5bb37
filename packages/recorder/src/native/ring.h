/* ring.h: reads the kernel's ring buffer of messages. */
#ifndef CROSSBILL_RING_H
#define CROSSBILL_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	int fd;
	uint64_t *consumer;
	const uint64_t *producer;
	const unsigned char *data;
	size_t size;
};

/* Maps the ring buffer `fd` of `size` bytes. 0 or -errno. */
int ring_open(struct ring *ring, int fd, size_t size);

/* Hands over every message that is complete. Messages lie in memory of the kernel's: copy what is
 * kept. */
void ring_drain(struct ring *ring, void (*take)(const void *message, size_t bytes));

#endif
