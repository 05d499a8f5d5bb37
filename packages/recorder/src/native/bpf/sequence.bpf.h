/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* sequence: the order of reads, writes and seeks, within a budget; off unless asked for. */
#ifndef CROSSBILL_SEQUENCE_BPF_H
#define CROSSBILL_SEQUENCE_BPF_H

#include "lines.bpf.h"

/* How many accesses are kept; 0: none, and the verifier drops all of this. */
const volatile __u32 sequence_budget = 0;

/* The recorder sets max_entries to the budget. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct access);
} accesses SEC(".maps");

/* Where the access began; -1 when it has no position, or one that is not known. */
static __always_inline __s64 access_begin(const struct line *line, const struct shape *shape,
					  long result, struct file *file, struct thread *thread)
{
	if (!file || !kind_has_position(line->kind))
		return -1;
	if (shape->flags & SHAPE_POSITION)
		return READ(file, f_pos) - (result > 0 ? result : 0);
	/* preadv2 and pwritev2: -1 asks for the file's own position. */
	return shape->offset ? (__s64)argument(thread, shape->offset) : -1;
}

/* The place for one more; NULL when the budget is spent, or the line cannot say whose it is. */
static __always_inline struct access *access_slot(const struct line *line)
{
	struct audit *audit = audit_of();
	__u64 taken;
	__u32 slot;

	if (!audit || !(line->target & TARGET_NAMED))
		return NULL;
	/* Not counted for ever: what is beyond the budget is told by the lines. */
	if (audit->accesses >= sequence_budget)
		return NULL;
	taken = __sync_fetch_and_add(&audit->accesses, 1);
	if (taken >= sequence_budget)
		return NULL;
	slot = (__u32)taken;
	return bpf_map_lookup_elem(&accesses, &slot);
}

static __always_inline void line_keep_access(struct line *line, __u32 index,
					     const struct shape *shape, long result,
					     const struct subject *subject, struct file *file,
					     struct thread *thread)
{
	bool seeks = !shape_moves_at_position(shape);
	struct access *access;
	__s64 offset;

	if (!kind_is_sequenced(line->kind))
		return;
	access = access_slot(line);
	if (!access) {
		line->unsequenced = 1;
		return;
	}
	offset = seeks ? result : access_begin(line, shape, result, file, thread);
	access->at = bpf_ktime_get_ns();
	access->offset = offset < 0 ? -1 : offset;
	access->line = index;
	access->descriptor = subject->descriptor;
	access->asked = 0;
	access->moved = seeks && result > 0 ? 0 : (__s32)result;
	if (!seeks)
		access->asked = asked_of(shape, result > 0 ? result : 0, thread);
}

#endif
