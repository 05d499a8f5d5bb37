// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* record: counts, in the kernel, what the recorded threads pay at the user-kernel boundary. */
#include "bpf/paths.bpf.h"
#include "bpf/samples.bpf.h"
#include "bpf/scheduler.bpf.h"
#include "bpf/sequence.bpf.h"
#include "bpf/uring.bpf.h"
#include "bpf/visits.bpf.h"

#define SIGKILL_BIT (1ul << 8)
#define ERRNO_MAX 4095
/* Results that restart a call, or would have if the thread were not being killed. */
#define ERESTART_FIRST 512
#define ERESTART_LAST 516

/* By a fatal signal, or because another thread of its process ends or replaces the process. */
static __always_inline bool is_being_killed(void)
{
	return bpf_get_current_task_btf()->pending.signal.sig[0] & SIGKILL_BIT;
}

static __always_inline bool shape_is_rare(const struct shape *shape)
{
	return shape->fd > 1 || (shape->size && shape->size != 3) ||
		(shape->offset && shape->offset != 4);
}

/* The descriptor a call is about and what it refers to. */
static __always_inline struct file *subject_find(struct subject *subject, const struct shape *shape,
						 const struct pt_regs *regs, long result,
						 struct thread *thread)
{
	struct file *file;

	if (shape->fd | shape->size)
		arch_arguments(regs, thread->arguments, shape_is_rare(shape));
	if (shape->fd) {
		subject->descriptor = (__u32)argument(thread, shape->fd);
		if ((__s32)subject->descriptor == -1)
			return NULL; /* mmap without a file, and the like */
	} else if ((shape->flags & SHAPE_OPENS) && result >= 0) {
		subject->descriptor = (__u32)result;
	} else {
		return NULL;
	}
	subject->kind = KIND_UNKNOWN;
	file = file_of(thread, subject->descriptor);
	if (!file) {
		subject->target = target_of_kind(KIND_UNKNOWN);
		descriptor_recall(subject);
		return NULL;
	}
	subject->target = target_of(file, thread);
	subject->address = address_of(file, thread);
	if (shape->flags & SHAPE_OPENS)
		descriptor_remember(subject->descriptor, subject->target,
				    kind_of(subject->address));
	if ((shape->flags & SHAPE_OPENS) && !shape->fd)
		position_forget(subject->address);
	return file;
}

static __always_inline void line_add_bytes(struct line *line, const struct shape *shape,
					   long result, struct thread *thread)
{
	__u32 cell = histogram_cell(result);

	line->bytes += result;
	if (cell < SIZE_CELLS)
		line->sizes[cell]++;
	line->asked += asked_of(shape, result, thread);
}

/* Did this access begin where the last one through the same open file ended? */
static __always_inline void line_add_position(struct line *line, const struct shape *shape,
					      long result, struct file *file, __u64 address,
					      struct thread *thread)
{
	__s64 begin = access_begin(line, shape, result, file, thread);
	struct position *position;

	if (begin < 0)
		return;
	position = position_slot(address);
	if (!position)
		return;
	line->positioned++;
	/* The first access of an open file has no predecessor: a stream of one is in sequence. */
	if (position->file != address || position->end == (__u64)begin)
		line->sequential++;
	position->file = address;
	position->end = begin + result;
}

static __always_inline void line_add_time(struct line *line, __u32 index, struct thread *thread)
{
	__u64 now = bpf_ktime_get_ns();
	struct latency *latency;
	__u32 cell;

	if (!thread->enter_at)
		return; /* it was inside when recording began */
	line->timed++;
	line->on_cpu += thread_on_cpu(thread, now) - thread->enter_cpu;
	cell = histogram_cell(now - thread->enter_at);
	thread->enter_at = 0;
	latency = bpf_map_lookup_elem(&latencies, &index);
	if (latency && cell < LATENCY_CELLS)
		latency->cells[cell]++;
}

static __always_inline const struct pt_regs *registers_at(__u64 address)
{
#ifdef PORTABLE
	return (const struct pt_regs *)address;
#else
	return bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct pt_regs));
#endif
}

/* Waits and samples since the thread's last crossing belong to the call that leaves now. Last, and
 * with nothing but numbers handed over, so that the verifier does not follow it for each way here.
 */
static __noinline int call_take_pending(void *context, __u64 frame, __u32 index)
{
	struct line *line = bpf_map_lookup_elem(&lines, &index);
	struct thread *thread = thread_at(frame);
	bool waited = false;
	__u64 samples;

	if (!line || !thread)
		return 0;
	samples = __sync_lock_test_and_set(&thread->samples_call, 0);
	thread->pending = 0;
	line->samples += samples;
	if (thread->wait_io | thread->wait_other)
		waited = is_chosen(line->waits++);
	line->wait_io += thread->wait_io;
	line->wait_other += thread->wait_other;
	thread->wait_io = 0;
	thread->wait_other = 0;
	if (samples || waited)
		call_site_add(context, thread->process, registers_at(frame), samples, waited);
	return 0;
}

static __always_inline int call_enter(__u64 frame)
{
	struct thread *thread = thread_at(frame);
	__u64 now;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	thread->enter_at = now;
	thread->enter_cpu = thread_on_cpu(thread, now);
	return 0;
}

/* What only calls of some shapes have. */
static __always_inline void line_add_rarities(struct line *line, __u32 index, struct thread *thread,
					      const struct shape *shape, const struct pt_regs *regs,
					      long result)
{
	bool second = shape->flags & SHAPE_PATH_SECOND;

	if (shape->flags & SHAPE_READINESS)
		line->empty += !result;
	/* With a target of its own the line tells its paths apart already. */
	else if (!line->target)
		line_note_path(index, arch_path(regs, second), start_of_path(thread, regs, second));
}

static __always_inline int call_leave(void *context, __u64 frame, long result)
{
	struct thread *thread = thread_at(frame);
	const struct pt_regs *regs;
	struct subject subject = {.kind = KIND_NONE};
	struct shape shape;
	struct file *file;
	struct line *line;
	__u32 error = 0, index = 0;
	long nr;

	if (!thread)
		return 0;
	if (thread->phase != PHASE_RUNNING) {
		if (thread->phase == PHASE_NEWBORN)
			thread->phase = PHASE_RUNNING;
		return 0;
	}
	regs = registers_at(frame);
	nr = arch_syscall_nr(regs);
	if (nr < 0)
		nr = ARCH_RT_SIGRETURN;
	if (result < 0 && result >= -ERRNO_MAX)
		error = (__u32)-result;
	shape = shape_of(nr);
	if (((error >= ERESTART_FIRST && error <= ERESTART_LAST) ||
	     (shape.flags & SHAPE_SIGNALS)) &&
	    is_being_killed()) {
		call_abandon(thread, regs, 1);
		return 0;
	}
	file = subject_find(&subject, &shape, regs, result, thread);
	line = line_for(thread, (__u32)nr, error, &subject, &index);
	if (!line) {
		AUDIT(lines_lost, 1);
		return 0;
	}
	line->count++;
	if ((shape.flags & SHAPE_BYTES) && !error) {
		line_add_bytes(line, &shape, result, thread);
		line_add_position(line, &shape, result, file, subject.address, thread);
	}
	if (shape.flags & (SHAPE_READINESS | SHAPE_PATH | SHAPE_PATH_SECOND))
		line_add_rarities(line, index, thread, &shape, regs, result);
	if (sequence_budget && (shape_moves_at_position(&shape) || nr == __NR_lseek))
		line_keep_access(line, index, &shape, result, &subject, file, thread);
	if (exact_time)
		line_add_time(line, index, thread);
	if (thread->pending)
		call_take_pending(context, frame, index);
	return 0;
}

#ifdef EVENTS
/* For kernels whose raw tracepoints of system calls can be preempted (see syscall-event.h): the
 * same tracepoints as perf events. Their record names the call and its result, not the registers.
 */
struct sys_exit_record {
	__u64 unused;
	long nr;
	long result;
};

static __always_inline __u64 current_frame(void)
{
	return frame_of(bpf_get_current_task_btf());
}

SEC("tp/raw_syscalls/sys_enter")
int on_sys_enter(void *context)
{
	(void)context;
	return call_enter(current_frame());
}

SEC("tp/raw_syscalls/sys_exit")
int on_sys_exit(struct sys_exit_record *context)
{
	return call_leave(context, current_frame(), context->result);
}
#else
/* Raw tracepoints give the registers' address as a number, which finds the thread. */
SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *context)
{
	return call_enter(context->args[0]);
}

SEC("raw_tp/sys_exit")
int on_sys_exit(struct bpf_raw_tracepoint_args *context)
{
	return call_leave(context, context->args[0], (long)context->args[1]);
}
#endif

char LICENSE[] SEC("license") = "Dual BSD/GPL";
