/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* scheduler: the lives of threads: switches, wake-ups, forks, new images, ends. */
#ifndef CROSSBILL_SCHEDULER_BPF_H
#define CROSSBILL_SCHEDULER_BPF_H

#include "unfinished.bpf.h"

/* Linux 5.18 (commit fa2c3254d7cf) gave sched_switch its fourth argument, the state at the switch.
 */
#define STOPPED_OR_TRACED 0xc /* __TASK_STOPPED | __TASK_TRACED */
#define STATE_DEAD 0x80	      /* TASK_DEAD */

/* false: calls are counted as they leave. true: they are timed too, and sys_enter is attached. */
const volatile bool exact_time = false;

/* The thread's last switch: what it did since entering exit() is that call's kernel work. */
static __noinline int thread_end(struct task_struct *task, struct thread *thread, __u64 now)
{
	struct subject subject = {.kind = KIND_NONE};
	long nr = arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(task));
	struct line *line;
	__u32 index = 0;

	if (nr >= 0) {
		line = line_for(thread, (__u32)nr, 0, &subject, &index);
		if (line) {
			line->samples += thread->samples_call;
			if (exact_time && thread->enter_at)
				line->on_cpu += thread->on_cpu - thread->enter_cpu;
		}
	}
	if (thread->wait_io | thread->wait_other)
		call_abandon(thread, (struct pt_regs *)bpf_task_pt_regs(task), 0);
	/* rusage takes a thread's counters before this last switch, a process's after it. */
	if (task->pid != task->tgid)
		thread->voluntary++;
	thread_settle(thread, task, now);
	thread_remove(thread->frame);
	AUDIT(ended, 1);
	return 0;
}

static __always_inline __u8 off_state_of(struct task_struct *task, __u32 state)
{
	bool waits_for_io = BPF_CORE_READ_BITFIELD(task, in_iowait);

	if (!state)
		return OFF_PREEMPTED;
	if (state & STOPPED_OR_TRACED)
		return OFF_STOPPED;
	if (arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(task)) >= 0)
		return waits_for_io ? OFF_CALL_IO : OFF_CALL_OTHER;
	return waits_for_io ? OFF_FAULT_IO : OFF_FAULT_OTHER;
}

SEC("tp_btf/sched_switch")
int on_sched_switch(__u64 *context)
{
	bool preempted = context[0];
	struct task_struct *before = (void *)context[1];
	struct task_struct *after = (void *)context[2];
	__u32 state = (__u32)context[3];
	struct thread *thread = thread_of(before);
	__u64 now = 0;

	if (thread) {
		now = bpf_ktime_get_ns();
		thread_switch_out(thread, off_state_of(before, preempted ? 0 : state), now);
		if (state & STATE_DEAD)
			thread_end(before, thread, now);
	}
	thread = thread_of(after);
	if (thread)
		thread_switch_in(thread, now ? now : bpf_ktime_get_ns());
	return 0;
}

SEC("tp_btf/sched_wakeup")
int on_sched_wakeup(__u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct thread *thread = thread_of(task);

	if (thread && thread->off_state > OFF_PREEMPTED && !thread->woken_at)
		thread->woken_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *context)
{
	struct task_struct *parent = (void *)context[0];
	struct task_struct *child = (void *)context[1];
	struct thread *known = thread_of(parent);
	struct thread *thread;
	__u32 process;

	if (!known || known->phase == PHASE_ARMED)
		return 0;
	process = known->process;
	if (child->tgid != parent->tgid)
		process = process_entry(child, BPF_CORE_READ(child, mm, exe_file), process);
	thread = thread_add(frame_of(child), process);
	if (!thread)
		return 0;
	usage_count_thread(process);
	thread->task = address_of(child, thread);
	thread->began = bpf_ktime_get_ns();
	thread->off_since = thread->began;
	thread->off_state = OFF_PREEMPTED;
	thread->phase = PHASE_NEWBORN;
	return 0;
}

/* The held thread runs its program: faults and switches count from the fork on, as rusage has them,
 * time from here. The phase comes last, for the sampler may look at any moment. */
static __always_inline void thread_start(struct thread *thread, __u64 now)
{
	thread->off_state = OFF_NOT;
	thread->run_queue = 0;
	thread->on_cpu = 0;
	thread->wait_io = 0;
	thread->wait_other = 0;
	thread->pending = 0;
	thread->began = now;
	thread->on_since = now;
	thread->samples_call = 0;
	thread->samples_user = 0;
	thread->samples_syscall = 0;
	thread->samples_fault = 0;
	*(volatile __u8 *)&thread->phase = PHASE_RUNNING;
}

SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct linux_binprm *program = (void *)context[2];
	struct thread *thread = thread_of(task);
	__u64 now;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	if (thread->phase != PHASE_ARMED) {
		usage_note_taxes(thread->process, task);
		thread_mend_unseen(thread);
		thread->on_cpu = thread_on_cpu(thread, now);
		thread_settle(thread, task, now);
	}
	thread->process = process_entry(task, program->file, thread->process);
	if (thread->phase == PHASE_ARMED)
		thread_start(thread, now);
	thread->enter_at = exact_time ? now : 0;
	thread->enter_cpu = 0;
	usage_count_thread(thread->process);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct thread *thread = thread_of(task);
	struct pt_regs *regs;
	long nr;

	if (!thread || thread->phase == PHASE_ARMED)
		return 0;
	thread->phase = PHASE_EXITING;
	/* Not later: a tracer may reap it before its last switch. */
	usage_note_taxes(thread->process, task);
	regs = (struct pt_regs *)bpf_task_pt_regs(task);
	nr = arch_syscall_nr(regs);
	if (nr == ARCH_EXIT || nr == ARCH_EXIT_GROUP)
		call_abandon(thread, regs, 1);
	AUDIT(exited, 1);
	return 0;
}

#endif
