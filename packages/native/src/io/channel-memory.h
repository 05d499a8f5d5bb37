/*
 * channel-memory: what two processes share of a channel. A page of control words, then two rings,
 * one a direction. The control words are of packages/io/src/channel-layout.ts alone: C moves no
 * cursor.
 */
#ifndef CROSSBILL_IO_CHANNEL_MEMORY_H
#define CROSSBILL_IO_CHANNEL_MEMORY_H

#include <stddef.h>

/* The largest ring. What is in it may be copied at once, which must not hold up an event loop. */
#define CHANNEL_MOST_RING_BYTES ((size_t)16 << 20)

struct channel_memory {
	unsigned char *base;
	/* As mapped: the page, and both rings twice. */
	size_t length;
};

/* A new memory file of two rings of at least `ring_bytes`, which can never shrink; or -errno. */
int channel_memory_create(size_t ring_bytes);
/*
 * Maps what somebody passed us. Each ring stands twice, end to start, so that what goes beyond its
 * end is found at its start: every message is one piece. Returns 0 or -errno: -EPROTO when the file
 * is no memory of a channel, or could be cut under us, of which we would die.
 */
int channel_memory_map(int fd, struct channel_memory *memory);

/* Passes a descriptor over a Unix socket, behind one byte. Returns 0 or -errno. */
int channel_memory_pass(int socket, int fd);
/* Takes one: a descriptor, or -errno; -EAGAIN when nothing has come yet. */
int channel_memory_receive(int socket);

#endif
