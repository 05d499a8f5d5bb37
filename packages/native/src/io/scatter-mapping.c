/*
 * scatter-mapping: copies pieces out of a kept mapping: no system call, and no fault once its
 * page tables are filled. Much is copied by two threads, stretch by stretch.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

#include "io/bus-guard.h"
#include "io/failure.h"
#include "io/scatter.h"

/* So many pieces ahead are asked of memory: from 16 to 64 it is about equal, measured. */
#define AHEAD 24u
/* The lines of a piece that are fetched ahead; the processor itself goes on from there. */
#define LINE_BYTES 64u
#define AHEAD_BYTES 256u
/* What a thread takes at a time, and between two looks at the abort word: up to some 100 us. */
#define STRETCH_PIECES 1024u
#define STRETCH_BYTES (1u << 20)
/* What no second-level cache keeps: writing past the caches then saves reading the target. */
#define PAST_CACHES_BYTES (8u << 20)
#define PAST_CACHES_PIECE 1024u
/* A thread costs some 50 us, which pieces (15 ns each) and bytes (0.1 ns each) must earn. */
#define TWO_THREADS_BYTES (3u << 20)
#define PIECE_COST_BYTES 128u

/*
 * What two threads share. Of the heap, and freed by the last of them: where processors are busy,
 * the second may begin when all is done, and nobody waits for that.
 */
struct scatter_job {
	const struct scatter *scatter;
	bool is_past_caches;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	/* All of these under the lock. */
	struct source_cursor next; /* of the stretch that nobody has taken */
	unsigned int users;
	bool is_helping;
	bool is_over;
	int error;
};

/* What one thread copies at the moment: pieces checked and cut, in memory that no other knows. */
struct scatter_stretch {
	struct scatter_job *job;
	size_t count;
	struct scatter_piece pieces[STRETCH_PIECES];
};

/* As memcpy, but the target stays out of the caches. */
static void scatter_copy_past_caches(unsigned char *to, const unsigned char *from, size_t length)
{
#ifdef __x86_64__
	size_t head = (16 - ((uintptr_t)to & 15)) & 15;

	memcpy(to, from, head);
	to += head;
	from += head;
	length -= head;
	for (; length >= 64; length -= 64, to += 64, from += 64) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)from);
		__m128i b = _mm_loadu_si128((const __m128i *)(const void *)(from + 16));
		__m128i c = _mm_loadu_si128((const __m128i *)(const void *)(from + 32));
		__m128i d = _mm_loadu_si128((const __m128i *)(const void *)(from + 48));

		_mm_stream_si128((__m128i *)(void *)to, a);
		_mm_stream_si128((__m128i *)(void *)(to + 16), b);
		_mm_stream_si128((__m128i *)(void *)(to + 32), c);
		_mm_stream_si128((__m128i *)(void *)(to + 48), d);
	}
#endif
	memcpy(to, from, length);
}

/* Asks memory for the first lines of a piece, and for its last where it is that short. */
static inline void scatter_prefetch(const unsigned char *base, const struct scatter_piece *piece)
{
	size_t bytes = piece->length < AHEAD_BYTES ? piece->length : AHEAD_BYTES;

	for (size_t at = 0; at < bytes; at += LINE_BYTES)
		__builtin_prefetch(base + piece->offset + at);
	if (bytes > 0)
		__builtin_prefetch(base + piece->offset + bytes - 1);
}

/* Takes the next pieces. False when there are none, or when all is to end. */
static bool scatter_take_stretch(struct scatter_stretch *stretch)
{
	struct scatter_job *job = stretch->job;
	const struct scatter_source *source = &job->scatter->source;
	struct source_cursor next;
	uint64_t enough;

	stretch->count = 0;
	pthread_mutex_lock(&job->lock);
	next = job->next;
	enough = next.bytes + STRETCH_BYTES;
	if (!job->error && scatter_is_aborted(job->scatter))
		job->error = -ECANCELED;
	while (!job->error && next.at < source->count && stretch->count < STRETCH_PIECES &&
	       next.bytes < enough)
		if (!scatter_next(source, &next, &stretch->pieces[stretch->count++]))
			job->error = -EINVAL;
	if (job->error)
		stretch->count = 0;
	job->next = next;
	pthread_mutex_unlock(&job->lock);
	return stretch->count > 0;
}

/* Under the guard. */
static void scatter_copy_stretch(void *argument)
{
	const struct scatter_stretch *stretch = argument;
	const unsigned char *base = stretch->job->scatter->view->base;
	bool is_past_caches = stretch->job->is_past_caches;

	for (size_t i = 0; i < stretch->count; i++) {
		const struct scatter_piece *piece = &stretch->pieces[i];

		if (i + AHEAD < stretch->count)
			scatter_prefetch(base, piece + AHEAD);
		if (is_past_caches && piece->length >= PAST_CACHES_PIECE)
			scatter_copy_past_caches(piece->data, base + piece->offset, piece->length);
		else if (piece->length > 0)
			memcpy(piece->data, base + piece->offset, piece->length);
	}
}

static void scatter_fail(struct scatter_job *job, int error)
{
	pthread_mutex_lock(&job->lock);
	if (!job->error)
		job->error = error;
	pthread_mutex_unlock(&job->lock);
}

/* Copies stretch after stretch, until there are no more. */
static void scatter_copy(struct scatter_job *job)
{
	const struct view *view = job->scatter->view;
	struct scatter_stretch stretch;

	stretch.job = job; /* The pieces need no beginning. */
	while (scatter_take_stretch(&stretch))
		if (!bus_guard_run(view->base, view->length, scatter_copy_stretch, &stretch))
			scatter_fail(job, -IO_TRUNCATED);
#ifdef __x86_64__
	_mm_sfence(); /* What was written past the caches is seen before we say that we are done. */
#endif
}

/* Of one user; the lock is held, and let go of. */
static void scatter_leave(struct scatter_job *job)
{
	bool is_last = --job->users == 0;

	pthread_mutex_unlock(&job->lock);
	if (!is_last)
		return;
	pthread_cond_destroy(&job->idle);
	pthread_mutex_destroy(&job->lock);
	free(job);
}

static void *scatter_help(void *argument)
{
	struct scatter_job *job = argument;

	pthread_mutex_lock(&job->lock);
	if (!job->is_over) {
		job->is_helping = true;
		pthread_mutex_unlock(&job->lock);
		scatter_copy(job);
		pthread_mutex_lock(&job->lock);
		job->is_helping = false;
		pthread_cond_signal(&job->idle);
	}
	scatter_leave(job);
	return NULL;
}

/* Whether there is enough to copy for two threads, and a processor for the second. */
static bool scatter_is_for_two(const struct scatter *scatter)
{
	uint64_t cost = scatter->bytes_expected + scatter->source.count * PIECE_COST_BYTES;
	cpu_set_t allowed;

	return cost >= TWO_THREADS_BYTES && scatter->source.count > 1 &&
		sched_getaffinity(0, sizeof(allowed), &allowed) == 0 && CPU_COUNT(&allowed) > 1;
}

/* Has another thread help, if one can be had. */
static void scatter_call_help(struct scatter_job *job)
{
	pthread_attr_t detached;
	pthread_t helper;

	if (pthread_attr_init(&detached) != 0)
		return;
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	job->users++; /* No other thread knows it yet. */
	if (pthread_create(&helper, &detached, scatter_help, job) != 0)
		job->users--;
	pthread_attr_destroy(&detached);
}

static int scatter_copy_all(struct scatter *scatter)
{
	struct scatter_job *job = calloc(1, sizeof(*job));
	int error;

	if (!job)
		return -ENOMEM;
	job->scatter = scatter;
	job->is_past_caches = scatter->bytes_expected >= PAST_CACHES_BYTES;
	job->users = 1;
	pthread_mutex_init(&job->lock, NULL);
	pthread_cond_init(&job->idle, NULL);
	if (scatter_is_for_two(scatter))
		scatter_call_help(job);
	scatter_copy(job);
	pthread_mutex_lock(&job->lock);
	job->is_over = true;
	while (job->is_helping)
		pthread_cond_wait(&job->idle, &job->lock);
	scatter->bytes = job->next.bytes;
	error = job->error;
	scatter_leave(job);
	return error;
}

int scatter_by_mapping(struct scatter *scatter)
{
	struct stat status;
	bool is_shorter;
	int error;

	scatter->syscall = "mmap";
	if (scatter->bytes_expected == 0)
		return 0;
	if (!scatter->view || scatter->source.size > scatter->view->length)
		return -EINVAL;
	if (scatter->is_populating)
		view_populate(scatter->view, (size_t)scatter->source.size);
	error = scatter_copy_all(scatter);
	is_shorter =
		fstat(scatter->fd, &status) == 0 && (uint64_t)status.st_size < scatter->source.size;
	/* Within the last page, what the file lost reads as zeros, and nobody is told. */
	if (!error && is_shorter)
		error = -IO_TRUNCATED;
	/* A page that the file still has, and that cannot be had. */
	if (error == -IO_TRUNCATED && !is_shorter)
		error = -EIO;
	return error;
}
