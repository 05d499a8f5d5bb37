/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* lines: the table of totals. Each CPU has its own part, so that nothing is locked or atomic. */
#ifndef CROSSBILL_LINES_BPF_H
#define CROSSBILL_LINES_BPF_H

#include "../shape.h"
#include "processes.bpf.h"

/* The recorder sets max_entries to the number of CPUs times LINES_PER_CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, LINES_PER_CPU);
	__type(key, __u32);
	__type(value, struct line);
} lines SEC(".maps");

/* Exact timing only: one histogram a line, at the line's index; else one entry. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct latency);
} latencies SEC(".maps");

/* How many itemised lines each CPU's part holds. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} fills SEC(".maps");

/* Where the last access of an open file ended; direct-mapped, a collision only loses a predecessor.
 */
struct position {
	__u64 file;
	__u64 end;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, POSITIONS_MAX);
	__type(key, __u32);
	__type(value, struct position);
} positions SEC(".maps");

static __always_inline struct position *position_slot(__u64 file)
{
	__u32 slot = (__u32)(mix(file, 0) >> 32) & (POSITIONS_MAX - 1);

	return bpf_map_lookup_elem(&positions, &slot);
}

/* A file just opened may lie where one closed before lay. */
static __always_inline void position_forget(__u64 file)
{
	struct position *position = position_slot(file);

	if (position)
		position->file = 0;
}

/* What close() closed: at its exit the descriptor is gone. Direct-mapped by process and number. */
struct descriptor {
	__u64 owner; /* tgid << 32 | descriptor */
	__u64 target;
	__u64 kind;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, DESCRIPTORS_MAX);
	__type(key, __u32);
	__type(value, struct descriptor);
} descriptors SEC(".maps");

/* Position of the highest bit, by a de Bruijn sequence: without branches, which the verifier would
 * follow both ways. The table is made by the loop in its comment:
 *   for (bit = 0; bit < 64; bit++) table[((2ull << bit) - 1) * SEQUENCE >> 58] = bit; */
#define HIGHEST_BIT_SEQUENCE 0x03f79d71b4cb0a89ull
static const __u8 highest_bits[64] = {
	0,  47, 1,  56, 48, 27, 2,  60, 57, 49, 41, 37, 28, 16, 3,  61, 54, 58, 35, 52, 50, 42,
	21, 44, 38, 32, 29, 23, 17, 11, 4,  62, 46, 55, 26, 59, 40, 36, 15, 53, 34, 51, 20, 43,
	31, 22, 10, 45, 25, 39, 14, 33, 19, 30, 9,  24, 13, 18, 8,  12, 7,  6,	5,  63,
};

static __always_inline __u32 highest_bit(__u64 value)
{
	value |= value >> 1;
	value |= value >> 2;
	value |= value >> 4;
	value |= value >> 8;
	value |= value >> 16;
	value |= value >> 32;
	return highest_bits[value * HIGHEST_BIT_SEQUENCE >> 58];
}

/* Cell of the log2 histogram: 0 for 0, else k with 2^(k-2) < value <= 2^(k-1). */
static __always_inline __u32 histogram_cell(__u64 value)
{
	__u32 cell = value < 2 ? (__u32)value : highest_bit(value - 1) + 2;

	barrier_var(cell); /* so that the compiler keeps the caller's check next to its use */
	return cell;
}

#define LINE_NOWHERE 0xffffffffu

/* Index of the line, or of an empty place for it, in `size` places (a power of two) from `first`
 * on. */
__noinline __u32 line_place(__u32 first, __u32 size, __u64 id, __u64 target)
{
	__u32 start = (__u32)(mix(id, target) >> 32);

	for (__u32 probe = 0; probe < LINE_PROBES; probe++) {
		__u32 at = first + ((start + probe) & (size - 1));
		struct line *line = bpf_map_lookup_elem(&lines, &at);

		if (!line)
			break;
		if ((line->id == id && line->target == target) || !line->id)
			return at;
	}
	return LINE_NOWHERE;
}

static __always_inline struct line *line_probe(__u32 first, __u32 size, __u64 id, __u64 target,
					       __u32 *index)
{
	*index = line_place(first, size, id, target);
	return bpf_map_lookup_elem(&lines, index);
}

/* The descriptor of a call and what is behind it. */
struct subject {
	__u64 address; /* of the open file, 0: none */
	__u64 target;  /* 0: the call takes no descriptor */
	__u32 kind;    /* KIND_UNKNOWN until it is looked up, unless there is no file */
	__u32 descriptor;
};

static __always_inline struct shape shape_of(long nr)
{
	struct shape none = {};

	return nr >= 0 && nr < SHAPES_MAX ? shapes[nr] : none;
}

/* Argument by number from 1 on, of a call whose shape names a descriptor. */
static __always_inline __u64 argument(const struct thread *thread, __u32 number)
{
	return thread->arguments[(number - 1) & 7];
}

/* The pieces of a vectored call are not read: it asked for what it moved. */
static __always_inline __u32 asked_of(const struct shape *shape, long moved,
				      const struct thread *thread)
{
	__u64 asked = shape->size ? argument(thread, shape->size) : (__u64)moved;

	return asked < SHAPE_ASKED_MAX ? (__u32)asked : SHAPE_ASKED_MAX;
}

static __always_inline struct descriptor *descriptor_slot(__u64 owner)
{
	__u32 slot = (__u32)(mix(owner, 0) >> 40) & (DESCRIPTORS_MAX - 1);

	return bpf_map_lookup_elem(&descriptors, &slot);
}

static __always_inline __u64 descriptor_owner(__u32 descriptor)
{
	return (bpf_get_current_pid_tgid() & 0xffffffff00000000ull) | descriptor;
}

static __always_inline void descriptor_remember(__u32 descriptor, __u64 target, __u32 kind)
{
	__u64 owner = descriptor_owner(descriptor);
	struct descriptor *slot = descriptor_slot(owner);

	if (!slot)
		return;
	slot->owner = owner;
	slot->target = target;
	slot->kind = kind;
}

static __always_inline void descriptor_recall(struct subject *subject)
{
	__u64 owner = descriptor_owner(subject->descriptor);
	struct descriptor *slot = descriptor_slot(owner);

	if (!slot || slot->owner != owner)
		return;
	subject->target = slot->target;
	subject->kind = slot->kind;
}

/* Full: only the call and its error are kept. */
static __always_inline __u32 line_open_unitemised(__u32 first, __u64 id)
{
	__u32 index;
	struct line *line;

	id = LINE_USED | (id & 0xffffffffull);
	line = line_probe(first + ITEMISED_PER_CPU, UNITEMISED_PER_CPU, id, 0, &index);
	if (line && !line->id) {
		line->kind = KIND_NONE;
		line->id = id;
	}
	return index;
}

/* A new key: names its target, or folds it into "some target of this kind" when the table fills up.
 * `kind_descriptor` is kind << 32 | descriptor. Returns the line's index or LINE_NOWHERE. */
__noinline __u32 line_open(__u32 first, __u64 id, __u64 target, __u64 address,
			   __u64 kind_descriptor)
{
	__u32 zero = 0, index = LINE_NOWHERE, kind = kind_descriptor >> 32;
	__u64 *fill = bpf_map_lookup_elem(&fills, &zero);
	struct line *line;

	if (!fill)
		return LINE_NOWHERE;
	if (address) {
		kind = kind_of(address);
		descriptor_remember((__u32)kind_descriptor, target, kind);
	}
	if (*fill >= ITEMISED_PER_CPU / 2 && (target & TARGET_NAMED))
		target = target_of_kind(kind);
	line = line_probe(first, ITEMISED_PER_CPU, id, target, &index);
	if (line && line->id)
		return index;
	if (!line || *fill >= ITEMISED_PER_CPU * 3 / 4)
		return line_open_unitemised(first, id);
	++*fill;
	line->target = target;
	line->kind = kind;
	line->id = id;
	if (address && (target & TARGET_NAMED))
		name_target(address, target, kind);
	return index;
}

/* The line for these calls; NULL (counted by the caller as lost) only if even the overflow is full.
 */
static __always_inline struct line *line_for(struct thread *thread, __u32 nr, __u32 error,
					     const struct subject *subject, __u32 *index)
{
	__u64 id =
		LINE_USED | (__u64)thread->process << 32 | (nr & 0xffff) << 16 | (error & 0xffff);
	__u32 cpu = bpf_get_smp_processor_id(), first = cpu * LINES_PER_CPU;
	struct recent_line *recent = &thread->recent[nr & (RECENT_LINES - 1)];
	struct line *line;

	if (recent->id == id && recent->target == subject->target && recent->cpu == cpu) {
		*index = recent->index;
		return bpf_map_lookup_elem(&lines, index);
	}
	line = line_probe(first, ITEMISED_PER_CPU, id, subject->target, index);
	if (!line || !line->id)
		*index = line_open(first, id, subject->target, subject->address,
				   (__u64)subject->kind << 32 | subject->descriptor);
	recent->id = id;
	recent->target = subject->target;
	recent->index = *index;
	recent->cpu = cpu;
	return bpf_map_lookup_elem(&lines, index);
}

#endif
