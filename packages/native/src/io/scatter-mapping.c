/*
 * scatter-mapping: copies pieces out of a kept mapping: no system call, and no fault once its
 * page tables are filled. Large totals are copied by two threads.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

#include "io/bus-guard.h"
#include "io/failure.h"
#include "io/scatter.h"

/* So many pieces ahead are asked of memory: about one miss of DRAM (100 ns) divided by a copy. */
#define AHEAD 16u
/* The lines of a piece that are fetched ahead; the processor itself goes on from there. */
#define LINE_BYTES 64u
#define AHEAD_BYTES 256u
/* Between two looks at the abort word: less than a millisecond of copying. */
#define STRETCH 1024u
/* What no second-level cache keeps: writing past the caches then saves reading the target. */
#define PAST_CACHES_BYTES (8u << 20)
#define PAST_CACHES_PIECE 1024u
/* A thread costs some 30 us; this much copying some milliseconds. */
#define TWO_THREADS_BYTES (16u << 20)

struct scatter_part {
	struct scatter *scatter;
	size_t begin;
	size_t end;
	bool is_past_caches;
	int error;
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

static inline void scatter_prefetch(const unsigned char *base, const struct scatter_piece *piece)
{
	size_t bytes = piece->length < AHEAD_BYTES ? piece->length : AHEAD_BYTES;

	for (size_t at = 0; at < bytes; at += LINE_BYTES)
		__builtin_prefetch(base + piece->offset + at);
}

static void scatter_copy_stretch(const struct scatter_part *part, size_t begin, size_t end)
{
	const unsigned char *base = part->scatter->view->base;
	const struct scatter_piece *pieces = part->scatter->pieces;

	for (size_t i = begin; i < end; i++) {
		const struct scatter_piece *piece = &pieces[i];

		if (i + AHEAD < part->end)
			scatter_prefetch(base, &pieces[i + AHEAD]);
		if (part->is_past_caches && piece->length >= PAST_CACHES_PIECE)
			scatter_copy_past_caches(piece->data, base + piece->offset, piece->length);
		else
			memcpy(piece->data, base + piece->offset, piece->length);
	}
}

static void scatter_copy(void *argument)
{
	struct scatter_part *part = argument;

	for (size_t at = part->begin; at < part->end; at += STRETCH) {
		if (scatter_is_aborted(part->scatter)) {
			part->error = -ECANCELED;
			return;
		}
		scatter_copy_stretch(part, at, at + STRETCH < part->end ? at + STRETCH : part->end);
	}
#ifdef __x86_64__
	_mm_sfence(); /* What was written past the caches is seen before we say that we are done. */
#endif
}

static void *scatter_copy_guarded(void *argument)
{
	struct scatter_part *part = argument;
	const struct view *view = part->scatter->view;

	if (!bus_guard_run(view->base, view->length, scatter_copy, part))
		part->error = -IO_TRUNCATED;
	return NULL;
}

/* Halves of the bytes, as pieces may differ in length. */
static size_t scatter_middle(const struct scatter *scatter)
{
	uint64_t bytes = 0;
	size_t at = 0;

	while (at < scatter->count && bytes < scatter->bytes / 2)
		bytes += scatter->pieces[at++].length;
	return at;
}

static int scatter_copy_by_two(struct scatter_part *whole)
{
	struct scatter_part halves[2] = {*whole, *whole};
	pthread_t other;

	halves[0].end = halves[1].begin = scatter_middle(whole->scatter);
	if (pthread_create(&other, NULL, scatter_copy_guarded, &halves[1]) != 0) {
		scatter_copy_guarded(whole);
		return whole->error;
	}
	scatter_copy_guarded(&halves[0]);
	pthread_join(other, NULL);
	return halves[0].error ? halves[0].error : halves[1].error;
}

int scatter_by_mapping(struct scatter *scatter)
{
	bool is_large = scatter->bytes >= TWO_THREADS_BYTES && scatter->count > 1;
	struct scatter_part whole = {
		.scatter = scatter,
		.end = scatter->count,
		.is_past_caches = scatter->bytes >= PAST_CACHES_BYTES,
	};
	struct stat status;
	int error;

	scatter->syscall = "mmap";
	if (scatter->bytes == 0)
		return 0;
	if (!scatter->view || scatter->size > scatter->view->length)
		return -EINVAL;
	if (scatter->is_populating)
		view_populate(scatter->view, (size_t)scatter->size);
	if (is_large && sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		error = scatter_copy_by_two(&whole);
	} else {
		scatter_copy_guarded(&whole);
		error = whole.error;
	}
	/* Within the last page, what the file lost reads as zeros, and nobody is told. */
	if (!error && fstat(scatter->fd, &status) == 0 && (uint64_t)status.st_size < scatter->size)
		error = -IO_TRUNCATED;
	return error;
}
