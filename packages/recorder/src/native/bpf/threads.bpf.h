/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* threads: which threads are recorded, and what is known of each between two of its crossings. */
#ifndef CROSSBILL_THREADS_BPF_H
#define CROSSBILL_THREADS_BPF_H

#include "../record.h"
#include "arch.bpf.h"

/* An array found by where a thread's user registers lie, at the top of its kernel stack: the two
 * system-call hooks are handed that address, so filter and state cost one inlined look-up and no
 * helper call. (A task storage takes 27 ns, and every other program on the machine pays the same.)
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, THREADS_MAX);
	__type(key, __u32);
	__type(value, struct thread);
} threads SEC(".maps");

/* Threads whose slot was taken; allocated only when that happens. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, SPILLED_MAX);
	__type(key, __u64);
	__type(value, struct thread);
} spilled SEC(".maps");

/* From the bottom of a kernel stack to the user registers at its top; the same for every task. */
__u64 frame_offset = 0;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct audit);
} audits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, PROCESSES_MAX);
	__type(key, __u32);
	__type(value, struct usage);
} usages SEC(".maps");

static __always_inline struct audit *audit_of(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&audits, &zero);
}

#define AUDIT(field, amount)                                          \
	do {                                                          \
		struct audit *audit_ = audit_of();                    \
		if (audit_)                                           \
			__sync_fetch_and_add(&audit_->field, amount); \
	} while (0)

/* Stacks are aligned to their size, which is 16 KiB or more. */
static __always_inline __u32 thread_slot(__u64 frame)
{
	return (frame >> 14) & (THREADS_MAX - 1);
}

static __always_inline __u64 frame_of(struct task_struct *task)
{
	return (__u64)task->stack + frame_offset;
}

/* The thread's state, or NULL when it is not recorded. */
static __always_inline struct thread *thread_at(__u64 frame)
{
	__u32 slot = thread_slot(frame);
	struct thread *thread = bpf_map_lookup_elem(&threads, &slot);

	if (!thread)
		return NULL;
	if (thread->frame == frame)
		return thread;
	if (!thread->spilled)
		return NULL;
	return bpf_map_lookup_elem(&spilled, &frame);
}

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	return thread_at(frame_of(task));
}

static __always_inline struct thread *current_thread(void)
{
	return thread_of(bpf_get_current_task_btf());
}

/* Too large for a program's stack of 512 bytes. */
static const struct thread thread_empty;

static struct thread *thread_spill(struct thread *slot, __u64 frame)
{
	if (bpf_map_update_elem(&spilled, &frame, &thread_empty, BPF_ANY)) {
		AUDIT(threads_lost, 1);
		return NULL;
	}
	slot->spilled++;
	return bpf_map_lookup_elem(&spilled, &frame);
}

/* Takes a slot; every field but `spilled` is zero afterwards. */
static __always_inline struct thread *thread_add(__u64 frame, __u32 process)
{
	__u32 slot = thread_slot(frame);
	struct thread *thread = bpf_map_lookup_elem(&threads, &slot);

	if (!thread)
		return NULL;
	if (thread->frame && thread->frame != frame) {
		thread = thread_spill(thread, frame);
		if (!thread)
			return NULL;
	} else {
		__u8 shared = thread->spilled;

		__builtin_memset(thread, 0, sizeof(*thread));
		thread->spilled = shared;
	}
	thread->process = process;
	thread->frame = frame;
	AUDIT(alive, 1);
	return thread;
}

static __always_inline void thread_remove(__u64 frame)
{
	__u32 slot = thread_slot(frame);
	struct thread *thread = bpf_map_lookup_elem(&threads, &slot);

	if (!thread)
		return;
	if (thread->frame == frame) {
		thread->frame = 0;
	} else if (!bpf_map_delete_elem(&spilled, &frame)) {
		thread->spilled--;
	} else {
		return;
	}
	AUDIT(alive, (__u64)-1);
}

/* The task's own counters, as rusage adds them up. */
static __always_inline void thread_take_baseline(struct thread *thread, struct task_struct *task)
{
	thread->minor_faults = task->min_flt;
	thread->major_faults = task->maj_flt;
	thread->voluntary = task->nvcsw;
	thread->involuntary = task->nivcsw;
}

/* Time on the CPU up to now, for a thread that is running. */
static __always_inline __u64 thread_on_cpu(const struct thread *thread, __u64 now)
{
	return thread->on_cpu + (now - thread->on_since);
}

/* Every now and then a switch goes unseen (about one in 10,000 on a busy two-CPU guest, Linux 6.18,
 * with no miss counted by the kernel). The time up to the next one seen then counts as time on the
 * CPU, so that the parts always add up to the whole. */
static __always_inline void thread_mend_unseen(struct thread *thread)
{
	if (thread->off_state == OFF_NOT)
		return;
	/* A call that entered since then began from a time on the CPU that was too large. */
	if (thread->enter_at > thread->off_since)
		thread->enter_cpu -= thread->off_since - thread->on_since;
	thread->on_since = thread->off_since;
	thread->off_state = OFF_NOT;
	AUDIT(switches_unseen, 1);
}

static __always_inline void thread_switch_out(struct thread *thread, __u8 state, __u64 now)
{
	thread_mend_unseen(thread);
	thread->on_cpu = thread_on_cpu(thread, now);
	thread->off_since = now;
	thread->woken_at = 0;
	thread->off_state = state;
}

/* Ends a time off the CPU: what came before the wake-up was waiting, what came after the run queue.
 */
static __always_inline void thread_end_wait(struct thread *thread, __u64 now)
{
	__u64 woken = thread->woken_at;
	__u64 wait;

	if (woken < thread->off_since || woken > now)
		woken = now;
	if (thread->off_state == OFF_PREEMPTED)
		woken = thread->off_since;
	wait = woken - thread->off_since;
	thread->run_queue += now - woken;
	switch (thread->off_state) {
	case OFF_CALL_IO:
		thread->wait_io += wait;
		thread->pending = 1;
		break;
	case OFF_CALL_OTHER:
		thread->wait_other += wait;
		thread->pending = 1;
		break;
	case OFF_FAULT_IO:
		thread->fault_io += wait;
		break;
	case OFF_FAULT_OTHER:
		thread->fault_other += wait;
		break;
	case OFF_STOPPED:
		thread->stopped += wait;
		break;
	}
}

static __always_inline void thread_switch_in(struct thread *thread, __u64 now)
{
	if (thread->off_state == OFF_NOT) {
		thread->on_cpu = thread_on_cpu(thread, now);
		AUDIT(switches_unseen, 1);
	} else {
		thread_end_wait(thread, now);
	}
	thread->off_state = OFF_NOT;
	thread->on_since = now;
}

#define ADD(total, amount) __sync_fetch_and_add(&(total), (amount))

/* Bits of enum syscall_work_bit (include/linux/thread_info.h), the same since Linux 5.11. */
#define WORK_SECCOMP (1ul << 0)
#define WORK_PTRACE (1ul << 2)
#define WORK_AUDIT (1ul << 4)

/* What taxes the thread's crossings at this moment. A process is taxed by what none of its threads
 * was seen without. */
static __always_inline void usage_note_taxes(__u32 process, struct task_struct *task)
{
	struct usage *usage = bpf_map_lookup_elem(&usages, &process);
	unsigned long work;
	__u64 untaxed = TAX_SEEN;

	if (!usage || !bpf_core_field_exists(task->thread_info.syscall_work))
		return;
	work = task->thread_info.syscall_work;
	if (!(work & WORK_SECCOMP))
		untaxed |= TAX_SECCOMP;
	if (!(work & WORK_PTRACE))
		untaxed |= TAX_PTRACE;
	if (!(work & WORK_AUDIT))
		untaxed |= TAX_AUDIT;
	__sync_fetch_and_or(&usage->untaxed, untaxed);
}

/* Hands everything the thread gathered to its process entry and begins anew at `now`. */
static __always_inline void thread_settle(struct thread *thread, struct task_struct *task,
					  __u64 now)
{
	struct usage *usage;
	__u32 process = thread->process;

	usage = bpf_map_lookup_elem(&usages, &process);
	if (!usage)
		return;
	ADD(usage->wall, now - thread->began);
	ADD(usage->on_cpu, thread->on_cpu);
	ADD(usage->run_queue, thread->run_queue);
	ADD(usage->fault_io, thread->fault_io);
	ADD(usage->fault_other, thread->fault_other);
	ADD(usage->fault_minor, thread->fault_minor);
	ADD(usage->fault_major, thread->fault_major);
	ADD(usage->unfinished_io, thread->wait_io);
	ADD(usage->unfinished_other, thread->wait_other + thread->stopped);
	ADD(usage->minor_faults, task->min_flt - thread->minor_faults);
	ADD(usage->major_faults, task->maj_flt - thread->major_faults);
	ADD(usage->voluntary, task->nvcsw - thread->voluntary);
	ADD(usage->involuntary, task->nivcsw - thread->involuntary);
	ADD(usage->samples_user, thread->samples_user);
	ADD(usage->samples_syscall, thread->samples_syscall);
	ADD(usage->samples_fault, thread->samples_fault);
	thread->began = now;
	thread->on_cpu = 0;
	thread->on_since = now;
	thread->run_queue = 0;
	thread->fault_io = 0;
	thread->fault_other = 0;
	thread->fault_minor = 0;
	thread->fault_major = 0;
	thread->wait_io = 0;
	thread->wait_other = 0;
	thread->stopped = 0;
	thread->samples_user = 0;
	thread->samples_syscall = 0;
	thread->samples_fault = 0;
	thread_take_baseline(thread, task);
}

#endif
