/*
 * scatter-uring: pieces by an io_uring with so many of them under way that a disk is never idle.
 * Each thread has a ring of its own, made when first needed, gone with the thread.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/vfs.h>

#include "io/failure.h"
#include "io/scatter.h"
#include "uring.h"

/* Disks that need more than this to be busy are rare, and each costs memory of the kernel. */
#define DEPTH 256u
/* So many completions are awaited together: fewer crossings, and the disk still has the others. */
#define BATCH 16u
/* One request; longer pieces go in several. */
#define MOST_BYTES (1u << 20)

static pthread_key_t scatter_ring_key;
static pthread_once_t scatter_ring_once = PTHREAD_ONCE_INIT;

static void scatter_ring_close(void *ring)
{
	uring_close(ring);
	free(ring);
}

static void scatter_ring_discard(struct uring *ring)
{
	pthread_setspecific(scatter_ring_key, NULL);
	scatter_ring_close(ring);
}

static void scatter_ring_prepare(void)
{
	pthread_key_create(&scatter_ring_key, scatter_ring_close);
}

/* This thread's ring. Returns NULL and -errno. */
static struct uring *scatter_ring(int *error)
{
	struct uring_options options = {.entries = DEPTH};
	struct uring *ring;

	pthread_once(&scatter_ring_once, scatter_ring_prepare);
	ring = pthread_getspecific(scatter_ring_key);
	*error = 0;
	if (ring)
		return ring;
	ring = calloc(1, sizeof(*ring));
	*error = ring ? uring_open_alone(ring, &options) : -ENOMEM;
	if (!*error && !uring_knows(ring, IORING_OP_READ)) {
		uring_close(ring);
		*error = -EOPNOTSUPP;
	}
	if (*error) {
		free(ring);
		return NULL;
	}
	pthread_setspecific(scatter_ring_key, ring);
	return ring;
}

/* Where the next request begins: in a piece, so many bytes from its start. */
struct scatter_cursor {
	size_t piece;
	size_t at;
};

/* What a completion must deliver; its place in the list is the tag. */
struct scatter_request {
	unsigned char *data;
	uint64_t offset;
	uint32_t length;
};

struct scatter_flight {
	struct scatter *scatter;
	struct uring *ring;
	struct scatter_cursor cursor;
	struct scatter_request requests[DEPTH];
	uint32_t idle[DEPTH]; /* places without a request */
	unsigned int idle_count;
	int error;
};

static bool scatter_next_request(struct scatter_flight *flight, struct scatter_request *request)
{
	struct scatter_cursor *cursor = &flight->cursor;

	while (cursor->piece < flight->scatter->count) {
		const struct scatter_piece *piece = &flight->scatter->pieces[cursor->piece];
		size_t left = piece->length - cursor->at;

		if (left > 0) {
			request->data = piece->data + cursor->at;
			request->offset = piece->offset + cursor->at;
			request->length = (uint32_t)(left < MOST_BYTES ? left : MOST_BYTES);
			cursor->at += request->length;
			return true;
		}
		cursor->piece++;
		cursor->at = 0;
	}
	return false;
}

static void scatter_submit_request(struct scatter_flight *flight, uint32_t place)
{
	const struct scatter_request *request = &flight->requests[place];

	/* As many entries as places, so there is always one. */
	uring_read(uring_next(flight->ring), flight->scatter->fd, request->data, request->length,
		   request->offset, place);
}

static void scatter_fill(struct scatter_flight *flight)
{
	if (!flight->error && scatter_is_aborted(flight->scatter))
		flight->error = -ECANCELED;
	while (!flight->error && flight->idle_count > 0) {
		uint32_t place = flight->idle[flight->idle_count - 1];

		if (!scatter_next_request(flight, &flight->requests[place]))
			break;
		flight->idle_count--;
		scatter_submit_request(flight, place);
	}
}

/* After one completion: the request goes on where it stopped short, or its place is free again. */
static void scatter_complete(struct scatter_flight *flight, uint32_t place, int32_t result)
{
	struct scatter_request *request = &flight->requests[place];
	bool is_again = result == -EINTR || result == -EAGAIN;

	if (result > 0) {
		request->data += result;
		request->offset += (uint32_t)result;
		request->length -= (uint32_t)result;
	} else if (!is_again && !flight->error) {
		flight->error = result == 0 ? -IO_TRUNCATED : result;
	}
	if (request->length > 0 && !flight->error)
		scatter_submit_request(flight, place);
	else
		flight->idle[flight->idle_count++] = place;
}

static void scatter_reap(struct scatter_flight *flight)
{
	const struct io_uring_cqe *completion;

	while ((completion = uring_completion(flight->ring))) {
		uint32_t place = (uint32_t)completion->user_data;
		int32_t result = completion->res;

		uring_seen(flight->ring);
		scatter_complete(flight, place, result);
	}
}

/* What the kernel has of ours: it writes to the caller's memory until all of it is back. */
static unsigned int scatter_flying(const struct scatter_flight *flight)
{
	return DEPTH - flight->idle_count - uring_waiting(flight->ring);
}

static void scatter_fly(struct scatter_flight *flight)
{
	scatter_fill(flight);
	while (flight->idle_count < DEPTH) {
		unsigned int begun = DEPTH - flight->idle_count;
		int taken = uring_submit(flight->ring, begun < BATCH ? begun : BATCH);
		bool is_refused = taken < 0 && taken != -EAGAIN && taken != -EBUSY;

		if (is_refused && !flight->error)
			flight->error = taken;
		scatter_reap(flight);
		if (is_refused && scatter_flying(flight) == 0)
			break;
		scatter_fill(flight);
	}
}

/*
 * Of a read that FUSE answers short, the kernel reads the rest by itself, but from where the read
 * began (seen on Linux 6.18 with FOPEN_DIRECT_IO): what it delivers is wrong, and nobody is told.
 */
static bool scatter_is_misread(int fd)
{
	struct statfs system;

	/* What does not tell is FUSE, too. */
	return fstatfs(fd, &system) < 0 || system.f_type == FUSE_SUPER_MAGIC;
}

int scatter_by_uring(struct scatter *scatter)
{
	struct scatter_flight *flight;
	int error = -ENOMEM;

	scatter->syscall = "io_uring_enter";
	if (scatter_is_misread(scatter->fd))
		return -EOPNOTSUPP;
	flight = calloc(1, sizeof(*flight));
	if (!flight)
		return error;
	flight->scatter = scatter;
	flight->ring = scatter_ring(&error);
	for (uint32_t place = 0; place < DEPTH; place++)
		flight->idle[flight->idle_count++] = place;
	if (flight->ring) {
		scatter_fly(flight);
		error = flight->error;
		if (uring_waiting(flight->ring) > 0) /* Refused: those would go with the next. */
			scatter_ring_discard(flight->ring);
	}
	free(flight);
	return error;
}
