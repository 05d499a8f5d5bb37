/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* unfinished: calls that were entered and do not leave, and what they waited until then. */
#ifndef CROSSBILL_UNFINISHED_BPF_H
#define CROSSBILL_UNFINISHED_BPF_H

#include "lines.bpf.h"

/* Calls entered and not seen leaving, by number: complete, whatever finds room below. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} unfinished SEC(".maps");

/* The same by line. Not in `lines`: threads are settled where another may be counting meanwhile. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, INSIDE_MAX);
	__type(key, struct inside_key);
	__type(value, struct inside_total);
} insides SEC(".maps");

/* What the call is about, if it is about a descriptor; its arguments are in the thread. */
static __always_inline void inside_find_target(struct inside_key *key, struct thread *thread)
{
	struct shape shape;
	struct file *file;
	__u32 descriptor;
	long nr = key->nr;
	__u64 address;

	barrier_var(nr); /* so that what is compared is what indexes */
	shape = shape_of(nr);
	if (!shape.fd)
		return;
	descriptor = (__u32)argument(thread, shape.fd);
	if ((__s32)descriptor == -1)
		return;
	key->kind = KIND_UNKNOWN;
	file = file_of(thread, descriptor);
	if (!file)
		return;
	address = address_of(file, thread);
	key->target = target_of(file, thread);
	key->kind = (__u16)kind_of(address);
	if (key->target)
		name_target(address, key->target, key->kind);
}

/* What finds no room stays with the thread, and so goes to its process. */
static __noinline int inside_add(struct thread *thread, __u32 nr, __u32 calls)
{
	struct inside_key key = {
		.process = thread->process,
		.nr = (__u16)nr,
		.kind = KIND_NONE,
	};
	struct inside_total none = {}, *total;
	__u64 *count;

	if (calls) {
		count = bpf_map_lookup_elem(&unfinished, &nr);
		if (count)
			ADD(*count, calls);
		inside_find_target(&key, thread);
	}
	total = bpf_map_lookup_elem(&insides, &key);
	if (!total) {
		bpf_map_update_elem(&insides, &key, &none, BPF_NOEXIST);
		total = bpf_map_lookup_elem(&insides, &key);
		if (!total)
			return 0;
	}
	ADD(total->count, calls);
	ADD(total->wait_io, thread->wait_io);
	ADD(total->wait_other, thread->wait_other);
	thread->wait_io = 0;
	thread->wait_other = 0;
	return 0;
}

/* The thread's call ended it, or the thread is killed or let go inside: counted, but not as one
 * that left. `calls` 0: it is counted already, and only its waiting since is to be added. */
static __always_inline void call_abandon(struct thread *thread, const struct pt_regs *regs,
					 __u32 calls)
{
	long nr = arch_syscall_nr(regs);

	if (nr < 0 || nr >= SYSCALLS_MAX)
		return;
	if (calls)
		arch_arguments(regs, thread->arguments, true);
	inside_add(thread, (__u32)nr, calls);
}

#endif
