/*
 * conversation: two processes that exchange messages over a channel. This process times; its peer
 * answers (pattern=ping-pong) or receives only (pattern=one-way). A call is one message each way,
 * or one message; the events are the messages.
 *
 * The sender has its message in memory of its own, and the receiver sums every word of what it got:
 * equal work whatever the channel. Both are pinned: to one CPU (cpu=same) or to two (cpu=other).
 */
#ifndef CROSSBILL_CONVERSATION_H
#define CROSSBILL_CONVERSATION_H

#include <stddef.h>
#include <stdint.h>

#include "mechanism.h"

/* Messages are at most this long. */
#define CONVERSATION_MOST_BYTES (16u << 20)

/* Which of the two processes speaks: ours, which times, or its peer. */
enum side { SIDE_OURS, SIDE_PEER };

struct channel {
	/* Makes the channel, before the peer is there. Returns 0 or -errno. */
	int (*open)(void **state, size_t bytes, struct parameters *parameters);
	/* Called in each process once: what belongs to the other side is closed there. */
	void (*take_side)(void *state, enum side side);
	/* Sends `bytes` bytes. Returns 0 or -errno. */
	int (*send)(void *state, enum side side, const void *message, size_t bytes);
	/*
	 * Waits for a message. Returns where it is, which is `buffer` unless the channel lets it be
	 * read in place; NULL with errno when it fails.
	 */
	const void *(*receive)(void *state, enum side side, void *buffer, size_t bytes);
	/* The message was read: its place may be used again. NULL: nothing to do. */
	int (*release)(void *state, enum side side);
	/* System calls that the side has made so far. */
	uint64_t (*calls)(const void *state, enum side side);
	void (*close)(void *state);
};

/* The hooks of a mechanism; open's is called with the channel. */
int conversation_open(void **state, struct parameters *parameters, const struct channel *channel);
int conversation_ready(void *state, uint64_t calls);
int conversation_run(void *state, uint64_t calls);
int conversation_done(void *state, uint64_t calls, struct tally *tally);
void conversation_close(void *state);

#endif
