/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* paths: about how many different paths the calls of a line named, by linear counting. */
#ifndef CROSSBILL_PATHS_BPF_H
#define CROSSBILL_PATHS_BPF_H

#include "lines.bpf.h"
#include "targets.bpf.h"

/* The recorder sets max_entries to the number of CPUs times PATH_SETS_PER_CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PATH_SETS_PER_CPU);
	__type(key, __u32);
	__type(value, struct path_set);
} path_sets SEC(".maps");

/* The line's own; its first call takes one. NULL when all are taken. */
static __always_inline struct path_set *path_set_of(struct line *line)
{
	struct audit *audit = audit_of();
	__u32 slot;

	if (!line->paths && audit)
		line->paths = (__u32)__sync_fetch_and_add(&audit->path_sets, 1) + 1;
	slot = line->paths - 1;
	return bpf_map_lookup_elem(&path_sets, &slot);
}

/* Stands for the thread's working directory; 0 when there is none. */
static __always_inline __u64 working_directory(struct thread *thread)
{
#ifdef PORTABLE
	struct task_struct *task = (struct task_struct *)thread->task;

	return (__u64)BPF_CORE_READ(task, fs, pwd.dentry);
#else
	struct task_struct *task =
		bpf_rdonly_cast((void *)thread->task, bpf_core_type_id_kernel(struct task_struct));
	struct fs_struct *fs = task->fs;

	return fs ? address_of(fs->pwd.dentry, thread) : 0;
#endif
}

/* Where a relative path begins, so that the same name in two folders is two paths: the call's
 * descriptor, when it takes one and it is open (AT_FDCWD is not), else the working directory. */
static __always_inline __u64 start_of_path(struct thread *thread, const struct pt_regs *regs,
					   bool second)
{
	struct file *file = second ? file_of(thread, (__u32)arch_path(regs, false)) : NULL;

	return file ? address_of(READ(file, f_inode), thread) : working_directory(thread);
}

/* Of the `bytes` that were read, the terminating 0 included; what lies beyond is an older path's.
 */
static __always_inline __u64 path_hash(const struct path_buffer *buffer, __u32 bytes, __u64 start)
{
	const __u64 *words = (const __u64 *)buffer->bytes;
	__u64 hash = buffer->bytes[0] == '/' ? 0 : start;

	for (__u32 i = 0; i < PATH_HASHED_BYTES / 8; i++) {
		__u64 word = words[i];

		if (i * 8 >= bytes)
			break;
		if (bytes - i * 8 < 8)
			word &= (1ull << (bytes - i * 8) * 8) - 1;
		hash = mix(hash, word);
	}
	/* Names that count up would spread too evenly: a finaliser (murmur3's) makes it chance. */
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdull;
	hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ull;
	return hash ^ (hash >> 33);
}

/* The page has just been read by the kernel, so it is there. Not static, and taking numbers only,
 * so that it is verified once: see kind_of. */
__noinline int line_note_path(__u32 index, __u64 address, __u64 start)
{
	__u32 zero = 0, bit;
	struct path_buffer *buffer = bpf_map_lookup_elem(&path_buffers, &zero);
	struct line *line = bpf_map_lookup_elem(&lines, &index);
	struct path_set *set;
	long bytes;

	if (!buffer || !line)
		return 0;
	bytes = bpf_probe_read_user_str(buffer->bytes, PATH_HASHED_BYTES, (void *)address);
	if (bytes <= 1) /* unreadable, or empty: the descriptor is meant */
		return 0;
	set = path_set_of(line);
	if (!set)
		return 0;
	bit = (__u32)(path_hash(buffer, (__u32)bytes, start) >> 40) & (PATH_SET_BITS - 1);
	set->words[bit / 32] |= 1u << bit % 32;
	return 0;
}

#endif
