/* line-table.c: adds calls up: by process, call, error and target, in bounded memory. */
#define _GNU_SOURCE
#include "line-table.h"

#include <asm/unistd.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "stream.h"

/* Powers of two, twice what they may hold. */
#define LINE_SLOTS (2 * LINES_MAX)
#define SUM_SLOTS (2 * SUMS_MAX)
/* From here on a new line gets no target of its own. */
#define TARGETED_MAX (LINES_MAX / 4 * 3)
/* Numbers that may be unfinished; others share the last cell. */
#define UNFINISHED_MAX 1024
#define NOT_ITEMISED UINT32_MAX

struct line {
	uint64_t count;
	uint64_t unfinished;
	uint64_t target;
	uint32_t process;
	uint32_t nr;
	uint16_t error;
	uint8_t kind;
	uint64_t bytes, asked, positioned, sequential, empty, cpu, wait_other;
	uint64_t sizes[LINE_CELLS];
	uint64_t latency[LINE_CELLS];
};

static struct {
	struct line *lines;
	struct line *sums;
	size_t line_count;
	size_t sum_count;
	uint64_t unfinished[UNFINISHED_MAX];
	struct line_audit audit;
} table;

int line_open(void)
{
	/* Pages that no line touches cost nothing. */
	table.lines = calloc(LINE_SLOTS, sizeof(struct line));
	table.sums = calloc(SUM_SLOTS, sizeof(struct line));
	return table.lines && table.sums ? 0 : -ENOMEM;
}

static size_t line_cell(uint64_t value)
{
	size_t cell = value < 2 ? (size_t)value : 65 - (size_t)__builtin_clzll(value - 1);

	return cell < LINE_CELLS ? cell : LINE_CELLS - 1;
}

static uint64_t line_hash(const struct line *key)
{
	uint64_t hash = key->target ^ (uint64_t)key->process << 32 ^ (uint64_t)key->nr << 16 ^
		(uint64_t)key->error << 5 ^ key->kind;

	/* A 64-bit finaliser: every bit of the key moves every bit of the slot. */
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	hash ^= hash >> 33;
	hash *= 0xc4ceb9fe1a85ec53ULL;
	return hash ^ hash >> 33;
}

static bool line_is_used(const struct line *line)
{
	return line->count || line->unfinished;
}

static bool line_equals(const struct line *a, const struct line *b)
{
	return a->target == b->target && a->process == b->process && a->nr == b->nr &&
		a->error == b->error && a->kind == b->kind;
}

/* The slot of this key, in use or free; `slots` is a power of two and never full. */
static struct line *line_slot(struct line *lines, size_t slots, const struct line *key)
{
	size_t at = line_hash(key) & (slots - 1);

	while (line_is_used(&lines[at]) && !line_equals(&lines[at], key))
		at = (at + 1) & (slots - 1);
	return &lines[at];
}

/* By call and error only; NULL when there is no room. */
static struct line *line_place_unitemised(uint32_t nr, uint16_t error)
{
	struct line key = {
		.process = NOT_ITEMISED,
		.nr = nr,
		.error = error,
		.kind = KIND_NONE,
	};
	struct line *line = line_slot(table.sums, SUM_SLOTS, &key);

	if (line_is_used(line))
		return line;
	if (table.sum_count == SUMS_MAX)
		return NULL;
	*line = key;
	table.sum_count++;
	return line;
}

/* Where the call is added up; NULL when there is room nowhere. */
static struct line *line_place(const struct line_call *call)
{
	struct line key = {
		.target = call->target ? call->target->id : 0,
		.process = call->process,
		.nr = call->nr,
		.error = call->error,
		.kind = (uint8_t)call->kind,
	};
	struct line *line = line_slot(table.lines, LINE_SLOTS, &key);

	if (!line_is_used(line) && key.target && table.line_count >= TARGETED_MAX) {
		key.target = 0;
		line = line_slot(table.lines, LINE_SLOTS, &key);
	}
	if (line_is_used(line))
		return line;
	if (table.line_count == LINES_MAX)
		return line_place_unitemised(call->nr, call->error);
	*line = key;
	table.line_count++;
	return line;
}

void line_add(const struct line_call *call)
{
	struct line *line = line_place(call);

	table.audit.left++;
	if (!line) {
		table.audit.lost++;
		return;
	}
	table.audit.unitemised += line->process == NOT_ITEMISED;
	line->count++;
	line->cpu += call->cpu;
	line->wait_other += call->wait_other;
	line->latency[line_cell(call->duration)]++;
	line->positioned += call->positioned;
	line->sequential += call->sequential;
	line->empty += call->empty;
	if (!call->moves)
		return;
	line->asked += call->asked;
	line->bytes += call->bytes;
	if (!call->error)
		line->sizes[line_cell(call->bytes)]++;
}

bool line_add_unfinished(const struct line_call *call)
{
	struct line *line = line_place(call);
	uint32_t nr = call->nr < UNFINISHED_MAX ? call->nr : UNFINISHED_MAX - 1;

	if (nr == __NR_exit || nr == __NR_exit_group)
		table.audit.exits++;
	else
		table.audit.in_flight++;
	table.unfinished[nr]++;
	if (!line)
		return false;
	line->unfinished++;
	line->wait_other += call->wait_other;
	return true;
}

const struct line_audit *line_audit(void)
{
	return &table.audit;
}

static void line_write(const struct line *line)
{
	/* What a socket is may have been learnt after its first calls. */
	const struct target *known = line->target ? target_find(line->target, line->kind) : NULL;
	char target[17];

	(void)snprintf(target, sizeof(target), "%016" PRIx64, line->target);
	stream_begin("line");
	if (line->process == NOT_ITEMISED)
		stream_null("p");
	else
		stream_u64("p", line->process);
	stream_u64("nr", line->nr);
	stream_u64("err", line->error);
	stream_u64("kind", known ? known->kind : line->kind);
	stream_text("target", line->target ? target : NULL);
	stream_u64("count", line->count);
	if (line->unfinished)
		stream_u64("inside", line->unfinished);
	stream_u64("bytes", line->bytes);
	stream_u64("asked", line->asked);
	stream_u64("pos", line->positioned);
	stream_u64("seq", line->sequential);
	if (line->empty)
		stream_u64("empty", line->empty);
	stream_u64("samples", 0);
	stream_u64("cpu", line->cpu);
	stream_u64("waitio", 0);
	stream_u64("waitother", line->wait_other);
	stream_pairs("sizes", line->sizes, LINE_CELLS);
	stream_pairs("latency", line->latency, LINE_CELLS);
	(void)stream_finish();
}

void line_write_all(void)
{
	for (size_t i = 0; i < LINE_SLOTS; i++)
		if (line_is_used(&table.lines[i]))
			line_write(&table.lines[i]);
	for (size_t i = 0; i < SUM_SLOTS; i++)
		if (line_is_used(&table.sums[i]))
			line_write(&table.sums[i]);
	for (uint32_t nr = 0; nr < UNFINISHED_MAX; nr++) {
		if (!table.unfinished[nr])
			continue;
		stream_begin("unfinished");
		stream_u64("nr", nr);
		stream_u64("count", table.unfinished[nr]);
		(void)stream_finish();
	}
}
