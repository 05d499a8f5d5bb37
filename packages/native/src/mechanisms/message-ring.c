/*
 * message-ring: messages between two processes over rings in memory that both map. See
 * conversation. The sender copies its message into a slot, the receiver reads it there.
 *
 * depth is how many messages a ring holds. wait says what a side does when there is nothing for it:
 * spin looks again for ever; futex sleeps at once; spin-futex looks for `spins` times, then sleeps;
 * eventfd sleeps in a read of a descriptor that an event loop could watch as well. Who sleeps says
 * so, and only then does the other side make a call to wake it.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/futex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "conversation.h"

#define MOST_DEPTH 4096u
#define MOST_RING_BYTES (64u << 20)
#define MOST_SPINS 1000000000u
/* Some 20 to 50 us: about what being woken costs, which bounds the loss of spinning (at most twice
 * the best; Karlin et al., "Competitive snoopy caching", 1988). */
#define DEFAULT_SPINS 1000u
#define CACHE_LINE 64u

enum wait { WAIT_SPIN, WAIT_SPIN_FUTEX, WAIT_FUTEX, WAIT_EVENTFD };
static const char *const waits[] = {"spin", "spin-futex", "futex", "eventfd", NULL};

/* A counter that one side moves and the other waits for. */
struct progress {
	_Alignas(CACHE_LINE) uint32_t count;
	/* 1: the other side sleeps or is about to, and must be woken. */
	_Alignas(CACHE_LINE) uint32_t is_awaited;
};

struct ring {
	struct progress written;
	struct progress taken;
};

struct message_ring {
	enum wait wait;
	uint32_t depth;
	uint64_t spins;
	size_t slot_bytes;
	size_t mapped_bytes;
	/* By the side that sends; shared. */
	struct ring *rings;
	unsigned char *slots;
	/* By ring, then for written and taken. */
	int eventfds[2][2];
	/* System calls made by this process. */
	uint64_t calls;
};

enum { WRITTEN, TAKEN };

static inline void message_ring_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb"); /* `yield` does nothing on most; isb waits about as long. */
#endif
}

/*
 * Sleeps on the mark, not on the counter: who was held up since its last message may take away the
 * mark of the next sleep before that begins, and then there must be no sleep.
 */
static int message_ring_sleep_futex(struct message_ring *self, struct progress *progress,
				    uint32_t seen)
{
	uint32_t *mark = &progress->is_awaited;

	__atomic_store_n(mark, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&progress->count, __ATOMIC_SEQ_CST) != seen) {
		__atomic_store_n(mark, 0, __ATOMIC_RELAXED);
		return 0;
	}
	self->calls++;
	if (syscall(SYS_futex, mark, FUTEX_WAIT, 1, NULL, NULL, 0) < 0 && errno != EAGAIN &&
	    errno != EINTR)
		return -errno;
	return 0;
}

/* Who takes the mark away writes once, and what is written waits until it is read. */
static int message_ring_sleep_eventfd(struct message_ring *self, struct progress *progress,
				      int eventfd, uint32_t seen)
{
	uint64_t events;

	__atomic_store_n(&progress->is_awaited, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&progress->count, __ATOMIC_SEQ_CST) != seen &&
	    __atomic_exchange_n(&progress->is_awaited, 0, __ATOMIC_SEQ_CST))
		return 0;
	self->calls++;
	return read(eventfd, &events, sizeof(events)) == sizeof(events) ? 0 : -errno;
}

/* Returns when the counter is no longer `seen`: 0 or -errno. */
static inline int message_ring_await(struct message_ring *self, struct progress *progress,
				     int eventfd, uint32_t seen)
{
	uint64_t spins = self->wait == WAIT_SPIN_FUTEX ? self->spins : 0;

	while (__atomic_load_n(&progress->count, __ATOMIC_ACQUIRE) == seen) {
		if (self->wait == WAIT_SPIN || spins > 0) {
			message_ring_pause();
			spins -= spins > 0;
		} else {
			int error = self->wait == WAIT_EVENTFD
				? message_ring_sleep_eventfd(self, progress, eventfd, seen)
				: message_ring_sleep_futex(self, progress, seen);

			if (error)
				return error;
		}
	}
	return 0;
}

static inline int message_ring_advance(struct message_ring *self, struct progress *progress,
				       int eventfd)
{
	uint32_t *mark = &progress->is_awaited;
	uint64_t one = 1;

	if (self->wait == WAIT_SPIN) {
		__atomic_store_n(&progress->count, progress->count + 1, __ATOMIC_RELEASE);
		return 0;
	}
	__atomic_store_n(&progress->count, progress->count + 1, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(mark, __ATOMIC_SEQ_CST) ||
	    !__atomic_exchange_n(mark, 0, __ATOMIC_SEQ_CST))
		return 0;
	self->calls++;
	if (self->wait == WAIT_EVENTFD)
		return write(eventfd, &one, sizeof(one)) == sizeof(one) ? 0 : -errno;
	return syscall(SYS_futex, mark, FUTEX_WAKE, 1, NULL, NULL, 0) < 0 ? -errno : 0;
}

static unsigned char *message_ring_slot(const struct message_ring *self, enum side from,
					uint32_t index)
{
	return self->slots + ((size_t)from * self->depth + index % self->depth) * self->slot_bytes;
}

static int message_ring_send(void *state, enum side side, const void *message, size_t bytes)
{
	struct message_ring *self = state;
	struct ring *ring = &self->rings[side];
	uint32_t index = ring->written.count; /* Only we move it. */
	int error = message_ring_await(self, &ring->taken, self->eventfds[side][TAKEN],
				       index - self->depth);

	if (error)
		return error;
	memcpy(message_ring_slot(self, side, index), message, bytes);
	return message_ring_advance(self, &ring->written, self->eventfds[side][WRITTEN]);
}

static const void *message_ring_receive(void *state, enum side side, void *buffer, size_t bytes)
{
	struct message_ring *self = state;
	enum side from = side == SIDE_OURS ? SIDE_PEER : SIDE_OURS;
	struct ring *ring = &self->rings[from];
	uint32_t index = ring->taken.count;
	int error = message_ring_await(self, &ring->written, self->eventfds[from][WRITTEN], index);

	(void)buffer;
	(void)bytes;
	if (error) {
		errno = -error;
		return NULL;
	}
	return message_ring_slot(self, from, index);
}

static int message_ring_release(void *state, enum side side)
{
	struct message_ring *self = state;
	enum side from = side == SIDE_OURS ? SIDE_PEER : SIDE_OURS;

	return message_ring_advance(self, &self->rings[from].taken, self->eventfds[from][TAKEN]);
}

static void message_ring_take_side(void *state, enum side side)
{
	(void)state; /* Both sides use all of it. */
	(void)side;
}

static uint64_t message_ring_calls(const void *state, enum side side)
{
	const struct message_ring *self = state;

	(void)side; /* Each process counts its own. */
	return self->calls;
}

static void message_ring_close_channel(void *state)
{
	struct message_ring *self = state;

	for (unsigned int ring = 0; ring < 2; ring++)
		for (unsigned int which = 0; which < 2; which++)
			if (self->eventfds[ring][which] >= 0)
				close(self->eventfds[ring][which]);
	if (self->rings)
		munmap(self->rings, self->mapped_bytes);
	free(self);
}

static int message_ring_map(struct message_ring *self)
{
	size_t head = (2 * sizeof(struct ring) + 4095) / 4096 * 4096;
	void *memory;

	self->mapped_bytes = head + 2 * self->depth * self->slot_bytes;
	memory = mmap(NULL, self->mapped_bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	self->rings = memory;
	self->slots = (unsigned char *)memory + head;
	return 0;
}

static int message_ring_open_channel(void **state, size_t bytes, struct parameters *parameters)
{
	uint64_t depth = parameter_number(parameters, "depth", 1);
	uint64_t spins = parameter_number(parameters, "spins", DEFAULT_SPINS);
	size_t slot_bytes = (bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	struct message_ring *self;
	int error;

	if (depth < 1 || depth > MOST_DEPTH || depth * slot_bytes > MOST_RING_BYTES ||
	    spins > MOST_SPINS)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->wait = (enum wait)parameter_choice(parameters, "wait", waits);
	self->depth = (uint32_t)depth;
	self->spins = spins;
	self->slot_bytes = slot_bytes;
	memset(self->eventfds, -1, sizeof(self->eventfds));
	error = message_ring_map(self);
	for (unsigned int at = 0; at < 4 && self->wait == WAIT_EVENTFD && !error; at++) {
		self->eventfds[at / 2][at % 2] = eventfd(0, EFD_CLOEXEC);
		if (self->eventfds[at / 2][at % 2] < 0)
			error = -errno;
	}
	if (error) {
		message_ring_close_channel(self);
		return error;
	}
	*state = self;
	return 0;
}

static const struct channel message_ring_channel = {
	.open = message_ring_open_channel,
	.take_side = message_ring_take_side,
	.send = message_ring_send,
	.receive = message_ring_receive,
	.release = message_ring_release,
	.calls = message_ring_calls,
	.close = message_ring_close_channel,
};

static int message_ring_open(void **state, struct parameters *parameters)
{
	return conversation_open(state, parameters, &message_ring_channel);
}

MECHANISM(message_ring_mechanism) = {
	.name = "message-ring",
	.open = message_ring_open,
	.ready = conversation_ready,
	.run = conversation_run,
	.done = conversation_done,
	.close = conversation_close,
};
