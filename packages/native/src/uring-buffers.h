/* uring-buffers: buffers that the kernel itself picks for what arrives (a provided buffer ring). */
#ifndef CROSSBILL_URING_BUFFERS_H
#define CROSSBILL_URING_BUFFERS_H

#include "uring.h"

struct uring_buffers {
	struct io_uring_buf_ring *ring;
	unsigned char *memory;
	unsigned int count; /* a power of two */
	unsigned int bytes; /* of each */
	uint16_t tail;
};

/* Registers `count` buffers as group 0. Returns 0 or -errno; -EINVAL before Linux 5.19. */
int uring_buffers_open(struct uring_buffers *buffers, const struct uring *uring, unsigned int count,
		       unsigned int bytes);
/* After uring_close. */
void uring_buffers_close(struct uring_buffers *buffers);

static inline unsigned char *uring_buffer(const struct uring_buffers *buffers, unsigned int id)
{
	return buffers->memory + (size_t)id * buffers->bytes;
}

/* Gives buffer `id` back to the kernel. */
static inline void uring_buffer_return(struct uring_buffers *buffers, unsigned int id)
{
	/* Entry 0 shares its last bytes with the ring's tail: no field but these may be written. */
	struct io_uring_buf *entry = &buffers->ring->bufs[buffers->tail & (buffers->count - 1)];

	entry->addr = (uint64_t)(uintptr_t)uring_buffer(buffers, id);
	entry->len = buffers->bytes;
	entry->bid = (uint16_t)id;
	__atomic_store_n(&buffers->ring->tail, ++buffers->tail, __ATOMIC_RELEASE);
}

#endif
