/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* visits: an iterator over all tasks takes threads in at the beginning and lets go of them at the
 * end.
 */
#ifndef CROSSBILL_VISITS_BPF_H
#define CROSSBILL_VISITS_BPF_H

#include "scheduler.bpf.h"

__u32 visit = VISIT_ADOPT;

/* Identifiers to adopt, in the reader's PID namespace, with the phase they begin in. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} wanted SEC(".maps");

/* Entries of adopted processes, so that their threads share one. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} adopted SEC(".maps");

/* The task's group in the PID namespace of the reader of the iterator, 0 when it is not in it. */
static __always_inline __u32 group_seen_by_reader(struct task_struct *task)
{
	struct pid *reader = BPF_CORE_READ(bpf_get_current_task_btf(), thread_pid);

	reader_level = BPF_CORE_READ(reader, level);
	return pid_seen_by_reader(task);
}

static __always_inline void adopt_state(struct thread *thread, struct task_struct *task, __u64 now)
{
	thread->began = now;
	thread->on_since = now;
	thread->off_since = now;
	if (!task->on_cpu)
		thread->off_state = off_state_of(task, task->__state);
}

/* Learns where the user registers lie above the bottom of a stack. */
static __always_inline void learn_frame_offset(struct task_struct *task)
{
	struct audit *audit = audit_of();

	if (!audit)
		return;
	*(volatile __u64 *)&audit->scratch = (__u64)bpf_task_pt_regs(task);
	frame_offset = *(volatile __u64 *)&audit->scratch - (__u64)BPF_CORE_READ(task, stack);
}

static __noinline int adopt(struct task_struct *task)
{
	__u32 group = group_seen_by_reader(task), tgid = task->tgid, process;
	__u32 *phase = bpf_map_lookup_elem(&wanted, &group);
	struct thread *thread;
	__u32 *entry;

	if (!phase)
		return 0;
	learn_frame_offset(task);
	if (thread_of(task))
		return 0;
	entry = bpf_map_lookup_elem(&adopted, &tgid);
	if (entry) {
		process = *entry;
	} else if (*phase == PHASE_ARMED) {
		process = 0; /* it gets its entry at execve */
	} else {
		process = process_entry(task, BPF_CORE_READ(task, mm, exe_file), 0);
		bpf_map_update_elem(&adopted, &tgid, &process, BPF_ANY);
	}
	thread = thread_add(frame_of(task), process);
	if (!thread)
		return 0;
	thread->task = address_of(task, thread);
	thread->phase = (__u8)*phase;
	adopt_state(thread, task, bpf_ktime_get_ns());
	if (*phase != PHASE_ARMED) {
		usage_count_thread(process);
		thread_take_baseline(thread, task);
	}
	return 0;
}

/* Ends the recording of a thread that lives on. */
static __noinline int settle(struct task_struct *task)
{
	struct thread *thread = thread_of(task);
	__u64 now = bpf_ktime_get_ns();

	if (!thread || thread->phase == PHASE_ARMED)
		return 0;
	if (thread->phase != PHASE_EXITING) {
		usage_note_taxes(thread->process, task);
		if (task->pid == task->tgid)
			AUDIT(running, 1);
	}
	if (thread->off_state == OFF_NOT)
		thread->on_cpu = thread_on_cpu(thread, now);
	else
		thread_end_wait(thread, now);
	/* Waiting is handed to the call that leaves: what still has some has not left. */
	if (thread->wait_io | thread->wait_other || thread->off_state == OFF_CALL_IO ||
	    thread->off_state == OFF_CALL_OTHER)
		call_abandon(thread, (struct pt_regs *)bpf_task_pt_regs(task),
			     thread->phase == PHASE_RUNNING);
	thread_settle(thread, task, now);
	thread_remove(thread->frame);
	return 0;
}

SEC("iter/task")
int visit_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	/* What has ended and waits for its parent has given up its stack, and with it its frame. */
	if (!task || !task->stack)
		return 0;
	if (visit == VISIT_ADOPT)
		adopt(task);
	else
		settle(task);
	return 0;
}

#endif
