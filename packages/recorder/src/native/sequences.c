/* sequences.c: the order of reads, writes and seeks by descriptor, within a budget. */
#define _GNU_SOURCE
#include "sequences.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream.h"

/* Accesses a line of the stream: 50 KB of text at most. */
#define BATCH 512
/* A power of two; with half of them taken, every sequence counts as cut short. */
#define CUT_SLOTS 32768
/* Numbers of the stream are exact below 2^53. */
#define OFFSET_MAX ((int64_t)1 << 53)

static struct {
	struct sequence_access *accesses;
	size_t count;
	size_t budget;
	/* Hashes of (process, target) that lack accesses. */
	uint64_t cut[CUT_SLOTS];
	size_t cut_count;
	bool all_cut;
} kept;

int sequences_open(size_t budget)
{
	if (!budget)
		return 0;
	/* Pages that no access touches cost nothing. */
	kept.accesses = calloc(budget, sizeof(*kept.accesses));
	if (!kept.accesses)
		return -ENOMEM;
	kept.budget = budget;
	return 0;
}

void sequences_add(const struct sequence_access *access)
{
	if (kept.count < kept.budget)
		kept.accesses[kept.count++] = *access;
	else if (kept.budget)
		sequences_drop(access->process, access->target);
}

/* The slot of this process and target, taken or free. */
static uint64_t *sequence_cut(uint32_t process, uint64_t target, uint64_t *key)
{
	size_t at;

	*key = (target ^ process) * 0x9e3779b97f4a7c15ULL | 1;
	at = *key >> 32;
	while (kept.cut[at & (CUT_SLOTS - 1)] && kept.cut[at & (CUT_SLOTS - 1)] != *key)
		at++;
	return &kept.cut[at & (CUT_SLOTS - 1)];
}

void sequences_drop(uint32_t process, uint64_t target)
{
	uint64_t key, *slot;

	if (!target || kept.cut_count == CUT_SLOTS / 2)
		kept.all_cut = true;
	if (kept.all_cut)
		return;
	slot = sequence_cut(process, target, &key);
	if (*slot)
		return;
	*slot = key;
	kept.cut_count++;
}

static bool sequence_is_complete(const struct sequence_access *access)
{
	uint64_t key;

	return !kept.all_cut && !*sequence_cut(access->process, access->target, &key);
}

static int sequence_order(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int sequence_compare_owner(const struct sequence_access *a, const struct sequence_access *b)
{
	int order = sequence_order(a->process, b->process);

	if (!order)
		order = sequence_order(a->descriptor, b->descriptor);
	return order ? order : sequence_order(a->target, b->target);
}

static int sequence_compare(const void *left, const void *right)
{
	const struct sequence_access *a = left, *b = right;
	int order = sequence_compare_owner(a, b);

	return order ? order : sequence_order(a->at, b->at);
}

static void sequence_write_head(const struct sequence_access *first)
{
	char target[17];

	/* As lines and targets write it. */
	(void)snprintf(target, sizeof(target), "%016" PRIx64, first->target);
	stream_begin("sequence");
	stream_u64("p", first->process);
	stream_u64("fd", first->descriptor);
	stream_text("target", target);
	stream_u64("kind", first->kind);
	stream_bool("complete", sequence_is_complete(first));
	(void)stream_finish();
}

static void sequence_write_access(const struct sequence_access *access, uint64_t began)
{
	stream_array(NULL);
	stream_u64(NULL, access->nr);
	stream_i64(NULL, access->offset < OFFSET_MAX ? access->offset : -1);
	stream_u64(NULL, access->asked);
	stream_i64(NULL, access->moved);
	stream_u64(NULL, access->at > began ? access->at - began : 0);
	stream_close();
}

static void sequence_write_accesses(const struct sequence_access *first, size_t count,
				    uint64_t began)
{
	for (size_t from = 0; from < count; from += BATCH) {
		stream_begin("accesses");
		stream_array("of");
		for (size_t i = from; i < count && i < from + BATCH; i++)
			sequence_write_access(&first[i], began);
		stream_close();
		if (stream_finish())
			return;
	}
}

void sequences_write_all(uint64_t began)
{
	const struct sequence_access *all = kept.accesses;
	size_t from = 0, to;

	if (!kept.count)
		return;
	qsort(kept.accesses, kept.count, sizeof(*kept.accesses), sequence_compare);
	for (; from < kept.count; from = to) {
		for (to = from + 1; to < kept.count; to++)
			if (sequence_compare_owner(&all[from], &all[to]))
				break;
		sequence_write_head(&all[from]);
		sequence_write_accesses(&all[from], to - from, began);
	}
}
