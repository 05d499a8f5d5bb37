// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* record: counts, in the kernel, what the recorded threads pay at the user-kernel boundary. */
#include "bpf/lines.bpf.h"

/* Linux 5.18 (commit fa2c3254d7cf) gave sched_switch its fourth argument, the state at the switch.
 */
#define STOPPED_OR_TRACED 0xc /* __TASK_STOPPED | __TASK_TRACED */
#define STATE_DEAD 0x80	      /* TASK_DEAD */
#define SIGKILL_BIT (1ul << 8)
#define ERRNO_MAX 4095
/* Results that restart a call, or would have if the thread were not being killed. */
#define ERESTART_FIRST 512
#define ERESTART_LAST 516

/* false: calls are counted as they leave. true: they are timed too, and sys_enter is attached. */
const volatile bool exact_time = false;
enum visit { VISIT_ADOPT, VISIT_SETTLE };
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

/* Calls entered and not seen leaving, by number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, SYSCALLS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} unfinished SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, URING_MAX);
	__type(key, struct uring_key);
	__type(value, struct uring_total);
} urings SEC(".maps");

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

static __always_inline struct thread *thread_of(struct task_struct *task)
{
	return thread_at(frame_of(task));
}

static __always_inline struct thread *current_thread(void)
{
	return thread_of(bpf_get_current_task_btf());
}

/* A call that ended its thread, or whose thread was killed inside: counted, but in no line. */
static __always_inline void count_unfinished(long nr)
{
	__u32 slot = (__u32)nr;
	__u64 *count;

	if (nr < 0)
		return;
	count = bpf_map_lookup_elem(&unfinished, &slot);
	if (count)
		__sync_fetch_and_add(count, 1);
}

/* By a fatal signal, or because another thread of its process ends or replaces the process. */
static __always_inline bool is_being_killed(void)
{
	return bpf_get_current_task_btf()->pending.signal.sig[0] & SIGKILL_BIT;
}

static __always_inline struct shape shape_of(long nr)
{
	struct shape none = {};

	return nr >= 0 && nr < SHAPES_MAX ? shapes[nr] : none;
}

static __always_inline bool shape_is_rare(const struct shape *shape)
{
	return shape->fd > 1 || (shape->size && shape->size != 3) ||
		(shape->offset && shape->offset != 4);
}

/* Argument by number from 1 on, of a call whose shape names a descriptor. */
static __always_inline __u64 argument(const struct thread *thread, __u32 number)
{
	return thread->arguments[(number - 1) & 7];
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
	return file;
}

static __always_inline void line_add_bytes(struct line *line, const struct shape *shape,
					   long result, struct thread *thread)
{
	__u32 cell = histogram_cell(result);

	line->bytes += result;
	if (cell < SIZE_CELLS)
		line->sizes[cell]++;
	/* The pieces of a vectored call are not read: it asked for what it moved. */
	line->asked += shape->size ? argument(thread, shape->size) : (__u64)result;
}

/* Did this access begin where the last one through the same open file ended? */
static __always_inline void line_add_position(struct line *line, const struct shape *shape,
					      long result, struct file *file, __u64 address,
					      struct thread *thread)
{
	__u32 slot = (__u32)(mix(address, 0) >> 32) & (POSITIONS_MAX - 1);
	struct position *position;
	__u64 begin;

	if (!file || (line->kind != KIND_FILE && line->kind != KIND_BLOCK))
		return;
	if (shape->flags & SHAPE_POSITION)
		begin = READ(file, f_pos) - result;
	else if (shape->offset)
		begin = argument(thread, shape->offset);
	else
		return;
	position = bpf_map_lookup_elem(&positions, &slot);
	if (!position)
		return;
	line->positioned++;
	/* The first access of an open file has no predecessor: a stream of one is in sequence. */
	if (position->file != address || position->end == begin)
		line->sequential++;
	position->file = address;
	position->end = begin + result;
}

/* Waits and samples since the thread's last crossing belong to the call that leaves now. */
static __always_inline void line_take_pending(struct line *line, struct thread *thread)
{
	thread->pending = 0;
	line->wait_io += thread->wait_io;
	line->wait_other += thread->wait_other;
	thread->wait_io = 0;
	thread->wait_other = 0;
	line->samples += __sync_lock_test_and_set(&thread->samples_call, 0);
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

/* Raw tracepoints give the registers' address as a number, which finds the thread. */
SEC("raw_tp/sys_enter")
int on_sys_enter(struct bpf_raw_tracepoint_args *context)
{
	struct thread *thread = thread_at(context->args[0]);
	__u64 now;

	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	thread->enter_at = now;
	thread->enter_cpu = thread_on_cpu(thread, now);
	return 0;
}

SEC("raw_tp/sys_exit")
int on_sys_exit(struct bpf_raw_tracepoint_args *context)
{
	struct thread *thread = thread_at(context->args[0]);
	long result = (long)context->args[1];
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
	regs = registers_at(context->args[0]);
	nr = arch_syscall_nr(regs);
	if (nr < 0)
		nr = ARCH_RT_SIGRETURN;
	if (result < 0 && result >= -ERRNO_MAX)
		error = (__u32)-result;
	shape = shape_of(nr);
	if (((error >= ERESTART_FIRST && error <= ERESTART_LAST) ||
	     (shape.flags & SHAPE_SIGNALS)) &&
	    is_being_killed()) {
		count_unfinished(nr);
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
	if (thread->pending)
		line_take_pending(line, thread);
	if (exact_time)
		line_add_time(line, index, thread);
	return 0;
}

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
	if (thread->phase == PHASE_ARMED) {
		/* Faults and switches count from the fork on, as rusage has them; time from here.
		 */
		thread->phase = PHASE_RUNNING;
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
	} else {
		thread->on_cpu = thread_on_cpu(thread, now);
		thread_settle(thread, task, now);
	}
	thread->enter_at = exact_time ? now : 0;
	thread->enter_cpu = 0;
	thread->process = process_entry(task, program->file, thread->process);
	usage_count_thread(thread->process);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *context)
{
	struct task_struct *task = (void *)context[0];
	struct thread *thread = thread_of(task);
	long nr;

	if (!thread || thread->phase == PHASE_ARMED)
		return 0;
	thread->phase = PHASE_EXITING;
	nr = arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(task));
	if (nr == ARCH_EXIT || nr == ARCH_EXIT_GROUP)
		count_unfinished(nr);
	AUDIT(exited, 1);
	return 0;
}

static __always_inline void count_stack(void *context, struct thread *thread, long nr)
{
	struct stack_key key = {.process = thread->process, .nr = (__s32)nr};
	__u64 one = 1, *count;

	key.stack =
		(__s32)bpf_get_stackid(context, &stacks, BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP);
	if (key.stack < 0) {
		AUDIT(stacks_lost, 1);
		return;
	}
	count = bpf_map_lookup_elem(&stack_counts, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
	else if (bpf_map_update_elem(&stack_counts, &key, &one, BPF_NOEXIST))
		AUDIT(stacks_lost, 1);
}

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
		count_stack(context, thread, -1);
		return 0;
	}
	nr = arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()));
	if (nr < 0) {
		thread->samples_fault++;
		return 0;
	}
	thread->samples_syscall++;
	__sync_fetch_and_add(&thread->samples_call, 1);
	thread->pending = 1;
	if (thread->phase == PHASE_RUNNING)
		count_stack(context, thread, nr);
	return 0;
}

#ifdef FAULT_TIME
#define FAULT_MAJOR 0x4	  /* VM_FAULT_MAJOR */
#define FAULT_RETRY 0x400 /* VM_FAULT_RETRY: it will come again */

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
	took = bpf_ktime_get_ns() - thread->fault_at;
	thread->fault_at = 0;
	if (context[4] & (FAULT_MAJOR | FAULT_RETRY))
		thread->fault_major += took;
	else
		thread->fault_minor += took;
	return 0;
}
#endif

static __always_inline struct uring_total *uring_total(__u32 process, __u32 opcode)
{
	struct uring_key key = {.process = process, .opcode = opcode};
	struct uring_total none = {}, *total;

	total = bpf_map_lookup_elem(&urings, &key);
	if (total)
		return total;
	bpf_map_update_elem(&urings, &key, &none, BPF_NOEXIST);
	total = bpf_map_lookup_elem(&urings, &key);
	if (!total)
		AUDIT(uring_lost, 1);
	return total;
}

SEC("tp_btf/io_uring_submit_req")
int on_uring_submit(__u64 *context)
{
	struct io_kiocb *request = (void *)context[0];
	struct thread *thread = current_thread();
	struct uring_total *total;

	/* SQPOLL submits from a kernel thread of the ring's owner, which the fork hook follows. */
	if (!thread)
		return 0;
	total = uring_total(thread->process, request->opcode);
	if (total)
		ADD(total->submitted, 1);
	return 0;
}

/* Completions arrive in any context: the owner is the one the request names. */
static __always_inline struct thread *uring_owner(struct io_ring_ctx *ring,
						  struct io_kiocb *request)
{
	struct task_struct *task = NULL;

	if (request && bpf_core_field_exists(request->tctx))
		task = BPF_CORE_READ(request, tctx, task);
	if (!task && bpf_core_field_exists(ring->submitter_task))
		task = BPF_CORE_READ(ring, submitter_task);
	return task ? thread_at((__u64)BPF_CORE_READ(task, stack) + frame_offset)
		    : current_thread();
}

/* A further completion of a multishot request names no request: neither opcode nor bytes. */
#define OPCODE_UNKNOWN 255

SEC("tp_btf/io_uring_complete")
int on_uring_complete(__u64 *context)
{
	struct io_ring_ctx *ring = (void *)context[0];
	struct io_kiocb *request = (void *)context[1];
	struct thread *thread = uring_owner(ring, request);
	__u32 opcode = OPCODE_UNKNOWN;
	struct uring_total *total;
	__s32 result = 0;

	if (!thread)
		return 0;
	if (request) {
		opcode = BPF_CORE_READ(request, opcode);
		result = BPF_CORE_READ(request, cqe.res);
	}
	total = uring_total(thread->process, opcode);
	if (!total)
		return 0;
	ADD(total->completed, 1);
	if (result < 0)
		ADD(total->errors, 1);
	else
		ADD(total->bytes, result);
	return 0;
}

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
	if (thread->phase != PHASE_EXITING && task->pid == task->tgid)
		AUDIT(running, 1);
	if (thread->off_state == OFF_NOT)
		thread->on_cpu = thread_on_cpu(thread, now);
	else
		thread_end_wait(thread, now);
	if (thread->phase == PHASE_RUNNING &&
	    (thread->off_state == OFF_CALL_IO || thread->off_state == OFF_CALL_OTHER))
		count_unfinished(arch_syscall_nr((struct pt_regs *)bpf_task_pt_regs(task)));
	thread_settle(thread, task, now);
	thread_remove(thread->frame);
	return 0;
}

SEC("iter/task")
int visit_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (!task)
		return 0;
	if (visit == VISIT_ADOPT)
		adopt(task);
	else
		settle(task);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
