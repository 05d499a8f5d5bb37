// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* ring: reads the kernel's ring buffer of messages (Documentation/bpf/ringbuf.rst). */
#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#define HEADER_BYTES 8

int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	unsigned char *rest;

	if (consumer == MAP_FAILED)
		return -errno;
	/* The data is mapped twice in a row, so that no message is ever cut. */
	rest = mmap(NULL, page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)page);
	if (rest == MAP_FAILED) {
		int error = -errno;

		munmap(consumer, page);
		return error;
	}
	ring->fd = fd;
	ring->consumer = consumer;
	ring->producer = (const uint64_t *)(const void *)rest;
	ring->data = rest + page;
	ring->size = size;
	return 0;
}

void ring_drain(struct ring *ring, void (*take)(const void *message, size_t bytes))
{
	uint64_t at = *ring->consumer;

	while (at < __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE)) {
		const unsigned char *record = ring->data + (at & (ring->size - 1));
		uint32_t header =
			__atomic_load_n((const uint32_t *)(const void *)record, __ATOMIC_ACQUIRE);
		uint32_t bytes = header & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (header & BPF_RINGBUF_BUSY_BIT)
			break;
		if (!(header & BPF_RINGBUF_DISCARD_BIT))
			take(record + HEADER_BYTES, bytes);
		at += (bytes + HEADER_BYTES + 7) & ~7ull;
		__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	}
}
