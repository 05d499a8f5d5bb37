/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* processes: the entries that lines refer to: a process from one execve to the next, or to its end.
 */
#ifndef CROSSBILL_PROCESSES_BPF_H
#define CROSSBILL_PROCESSES_BPF_H

#include "names.bpf.h"

/* Programs that share an entry once every process no longer gets its own. */
struct program_key {
	char comm[COMM_BYTES];
	__u64 inode;
	__u64 device;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, struct program_key);
	__type(value, __u32);
} programs SEC(".maps");

/* The process identifier as the PID namespace of the recorder has it; set when it adopts a task. */
__u32 reader_level = 0;

static __always_inline __u32 pid_seen_by_reader(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid upid = {};

	if (level < reader_level)
		return 0;
	bpf_core_read(&upid.nr, sizeof(upid.nr),
		      (void *)pid + bpf_core_field_offset(struct pid, numbers) +
			      reader_level * bpf_core_type_size(struct upid));
	return upid.nr;
}

/* All that a 32-bit program can address. */
#define COMPAT_SPACE (1ul << 32)

static __always_inline void program_of(struct program_key *key, struct task_struct *task,
				       struct file *executable)
{
	BPF_CORE_READ_STR_INTO(&key->comm, task, comm);
	key->inode = BPF_CORE_READ(executable, f_inode, i_ino);
	key->device = BPF_CORE_READ(executable, f_inode, i_sb, s_dev);
}

/* Announces entry `id`: who it is and which program it runs. */
static __noinline int name_process(struct task_struct *task, struct file *executable, __u32 id)
{
	struct message *message = message_begin(MESSAGE_PROCESS, id);

	if (!message)
		return 0;
	message->pid = pid_seen_by_reader(task);
	message->parent_pid = pid_seen_by_reader(BPF_CORE_READ(task, group_leader, real_parent));
	BPF_CORE_READ_STR_INTO(&message->comm, task, comm);
	/* The flags that say so have other numbers in other kernels; the size has not. */
	if (BPF_CORE_READ(task, mm, task_size) <= COMPAT_SPACE)
		message->flags |= PROCESS_COMPAT;
	if (executable)
		name_path(message, executable);
	else
		message->flags |= NAME_UNRESOLVED;
	message_send(message);
	return 0;
}

/* The entry for a process that begins: its own, or the one of its program when there are many.
 * `inherited` is the entry it came from, used when there is no room at all. */
static __noinline __u32 process_entry(struct task_struct *task, struct file *executable,
				      __u32 inherited)
{
	struct audit *audit = audit_of();
	struct program_key program = {};
	struct usage *usage;
	__u32 *shared, id;

	if (!audit)
		return inherited;
	program_of(&program, task, executable);
	if (audit->processes >= OWN_PROCESSES_MAX) {
		shared = bpf_map_lookup_elem(&programs, &program);
		if (shared) {
			id = *shared;
			goto found;
		}
	}
	id = __sync_fetch_and_add(&audit->processes, 1) + 1;
	if (id >= PROCESSES_MAX) {
		__sync_fetch_and_add(&audit->processes, -1);
		id = inherited;
		goto found;
	}
	bpf_map_update_elem(&programs, &program, &id, BPF_ANY);
	name_process(task, executable, id);
found:
	usage = bpf_map_lookup_elem(&usages, &id);
	if (usage)
		ADD(usage->instances, 1);
	return id;
}

static __always_inline void usage_count_thread(__u32 process)
{
	struct usage *usage = bpf_map_lookup_elem(&usages, &process);

	if (usage)
		ADD(usage->threads, 1);
}

#endif
