/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* stacks: which user code was running, had made a call or touched memory, when it was looked at. */
#ifndef CROSSBILL_STACKS_BPF_H
#define CROSSBILL_STACKS_BPF_H

#include "lines.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(map_flags, BPF_F_STACK_BUILD_ID);
	__uint(max_entries, STACKS_MAX);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, STACK_DEPTH * sizeof(struct bpf_stack_build_id));
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX * 2);
	__type(key, struct stack_key);
	__type(value, __u64);
} stack_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACKS_MAX);
	__type(key, __u32);
	__type(value, struct callers);
} callers_seen SEC(".maps");

/* Of the calls of a line that waited, and of the faults of a process that were looked at, the first
 * 16 and then one in 64 give their stack: it costs microseconds. */
static __always_inline bool is_chosen(__u64 earlier)
{
	return earlier < 16 || !(earlier & 63);
}

/* Adds samples to the stack that the kernel walks by frame pointers, and the callers found. */
static __always_inline void stack_add(void *context, __u32 process, long nr, enum stack_of of,
				      __u32 callers, __u64 samples)
{
	struct stack_key key = {.process = process, .nr = (__s32)nr, .of = of, .callers = callers};
	__u64 *count;

	key.stack =
		(__s32)bpf_get_stackid(context, &stacks, BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP);
	if (key.stack < 0) {
		AUDIT(stacks_lost, samples);
		return;
	}
	count = bpf_map_lookup_elem(&stack_counts, &key);
	if (count)
		__sync_fetch_and_add(count, samples);
	else if (bpf_map_update_elem(&stack_counts, &key, &samples, BPF_NOEXIST))
		AUDIT(stacks_lost, samples);
}

/* What lies this near the stack pointer is on the stack and no code. */
#define STACK_REACH (8ul << 20)
#define VM_EXEC 4

/* Put together here: what lies in a map the verifier does not follow value by value. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct callers);
} callers_drafts SEC(".maps");

struct search {
	__u64 stack_pointer;
	__u64 word;
	struct callers *found;
};

/* Keeps the word when it lies in executable memory: in which file, and where there. */
static long search_mapping(struct task_struct *task, struct vm_area_struct *mapping,
			   struct search *search)
{
	struct callers *found = search->found;
	__u64 at = found->count;
	struct file *file;

	(void)task;
	if (!(mapping->vm_flags & VM_EXEC) || at >= CALLERS_MAX)
		return 0;
	file = mapping->vm_file;
	found->at[at].where = search->word;
	found->at[at].inode = 0;
	if (file) {
		found->at[at].inode = BPF_CORE_READ(file, f_inode, i_ino);
		found->at[at].where += mapping->vm_pgoff * PAGE_BYTES - mapping->vm_start;
	}
	found->count = at + 1;
	return 0;
}

static long search_word(__u64 index, struct search *search)
{
	__u64 pointer = search->stack_pointer, word = 0;

	if (bpf_probe_read_user(&word, sizeof(word), (void *)(pointer + 8 * index)))
		return 1;
	/* Most words are small numbers, or point into the stack. */
	if (word >> 47 || word < PAGE_BYTES || word - pointer + STACK_REACH < 2 * STACK_REACH)
		return 0;
	search->word = word;
	bpf_find_vma(bpf_get_current_task_btf(), word, search_mapping, search, 0);
	if (!index)
		search->found->on_top = search->found->count;
	return search->found->count >= CALLERS_MAX;
}

static __always_inline __u32 callers_keep(const struct callers *found)
{
	__u64 hash = mix(found->count, found->on_top);

	for (int i = 0; i < CALLERS_MAX; i++)
		hash = mix(mix(hash, found->at[i].where), found->at[i].inode);
	hash |= 1; /* 0: none */
	/* One that is there already is the same one. */
	bpf_map_update_elem(&callers_seen, &(__u32){(__u32)hash}, found, BPF_NOEXIST);
	return (__u32)hash;
}

/* Most code has no frame pointers, so that a walk ends in libc, which made the call for it. The
 * return addresses are on the stack all the same: what points into code there is kept as a guess.
 * Of code with frame pointers only the top word is of use: libc's functions for calls have no
 * frame, so that a walk misses who called them. Not static, and taking a number only, so that it is
 * verified once: see kind_of. */
__noinline __u32 callers_find(__u64 stack_pointer, __u32 words)
{
	struct search search = {.stack_pointer = stack_pointer};
	__u32 zero = 0;

	search.found = bpf_map_lookup_elem(&callers_drafts, &zero);
	if (!search.found)
		return 0;
	__builtin_memset(search.found, 0, sizeof(*search.found));
	bpf_loop(words, search_word, &search, 0);
	return search.found->count ? callers_keep(search.found) : 0;
}

/* The stack of the call that leaves now, for samples that fell into it and for a wait. */
static __always_inline void call_site_add(void *context, __u32 process, const struct pt_regs *regs,
					  __u64 samples, bool waited)
{
	__u64 walked[FRAMES_WALKED];
	long nr = arch_syscall_nr(regs);
	__u32 callers;
	bool framed;

	if (nr < 0)
		nr = ARCH_RT_SIGRETURN;
	framed = bpf_get_stack(context, walked, sizeof(walked), BPF_F_USER_STACK) ==
		(long)sizeof(walked);
	callers = callers_find(arch_stack_pointer(regs), framed ? 1 : CALLER_WORDS);
	if (samples)
		stack_add(context, process, nr, STACK_OF_SAMPLE, callers, samples);
	if (waited)
		stack_add(context, process, nr, STACK_OF_WAIT, callers, 1);
}

#endif
