/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* samples: where CPU time goes, ticks of the cpu-clock with stacks; faults, sampled and timed. */
#ifndef CROSSBILL_SAMPLES_BPF_H
#define CROSSBILL_SAMPLES_BPF_H

#include "stacks.bpf.h"

/* The cpu-clock ticked: was the thread in its own code, in a call, or in the handler of a fault? */
SEC("perf_event")
int on_sample(void *context)
{
	struct thread *thread = current_thread();
	long nr;

	if (!thread || thread->phase == PHASE_ARMED)
		return 0;
	if (arch_user_mode(context)) {
		thread->samples_user++;
		stack_add(context, thread->process, -1, STACK_OF_SAMPLE, 0, 1);
		return 0;
	}
	nr = arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()));
	if (nr < 0) {
		thread->samples_fault++;
		return 0;
	}
	thread->samples_syscall++;
	__sync_fetch_and_add(&thread->samples_call, 1);
	/* Whose code the call serves is seen when it leaves: there all of the stack can be read. */
	thread->pending = 1;
	return 0;
}

static long note_fault_kind(struct task_struct *task, struct vm_area_struct *vma, __u32 *kind)
{
	(void)task;
	*kind = vma->vm_file ? FAULT_FILE : FAULT_ANONYMOUS;
	return 0;
}

/* The event's record, behind the registers, as <linux/bpf_perf_event.h> has it. */
struct fault_record {
	__u64 registers[ARCH_REGISTERS];
	__u64 period;
	__u64 address;
};

/* For how many a sampled fault stands: set by the recorder as its sampling rests or not. */
__u32 fault_weight = 1;

/* One in SAMPLER_FAULTS minor faults, in user code or in a call: what did it touch? bpf_find_vma
 * (Linux 5.17) gives up when the lock of the mappings is wanted for writing. */
SEC("perf_event")
int on_fault_sample(struct fault_record *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct thread *thread = thread_of(task);
	__u32 touched = FAULT_OTHER, kind, process;
	struct usage *usage;
	__u64 seen;
	long nr;

	if (!thread || thread->phase == PHASE_ARMED)
		return 0;
	bpf_find_vma(task, context->address, note_fault_kind, &touched, 0);
	kind = touched;
	barrier_var(kind); /* so that what is compared is what indexes */
	process = thread->process;
	usage = bpf_map_lookup_elem(&usages, &process);
	if (!usage || kind >= FAULT_KINDS)
		return 0;
	seen = usage->fault_samples;
	ADD(usage->fault_samples, 1);
	ADD(usage->fault_weights[kind], fault_weight);
	if (!is_chosen(seen))
		return 0;
	nr = arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(task));
	stack_add(context, process, nr < 0 ? -1 : nr, STACK_OF_FAULT, 0, 1);
	return 0;
}

#ifdef FAULT_TIME
#define FAULT_MAJOR 0x4	  /* VM_FAULT_MAJOR */
#define FAULT_RETRY 0x400 /* VM_FAULT_RETRY: it will come again */
#define FAULT_TRIED 0x20  /* FAULT_FLAG_TRIED: it comes again */

/* Only faults of user code: those inside a system call are part of its kernel work. */
SEC("fentry/handle_mm_fault")
int on_fault_enter(__u64 *context)
{
	struct thread *thread = current_thread();

	(void)context;
	if (thread &&
	    arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf())) < 0)
		thread->fault_at = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/handle_mm_fault")
int on_fault_leave(__u64 *context)
{
	struct thread *thread = current_thread();
	__u64 took;

	if (!thread || !thread->fault_at)
		return 0;
	took = bpf_ktime_get_ns() - thread->fault_at + thread->fault_retried;
	thread->fault_at = 0;
	thread->fault_retried = 0;
	/* A fault that is tried again, for want of a lock or after reading from disk, counts once:
	 * when it is done, and then as mm_account_fault() in mm/memory.c counts it. */
	if (context[4] & FAULT_RETRY)
		thread->fault_retried = took;
	else if ((context[4] & FAULT_MAJOR) || (context[2] & FAULT_TRIED))
		thread->fault_major += took;
	else
		thread->fault_minor += took;
	return 0;
}
#endif

#endif
