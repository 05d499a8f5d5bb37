/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* uring: operations of io_uring, credited to the owner of the ring. */
#ifndef CROSSBILL_URING_BPF_H
#define CROSSBILL_URING_BPF_H

#include "threads.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, URING_MAX);
	__type(key, struct uring_key);
	__type(value, struct uring_total);
} urings SEC(".maps");

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

static __always_inline struct io_kiocb *request_at(__u64 address)
{
#ifdef PORTABLE
	return (struct io_kiocb *)address;
#else
	return bpf_rdonly_cast((void *)address, bpf_core_type_id_kernel(struct io_kiocb));
#endif
}

/* A thread of the ring's owner. The kernel's own threads in a process (SQPOLL's poller, workers)
 * are created without passing the fork hook: the leader of their process stands for them. */
static __always_inline struct thread *ring_thread(struct task_struct *task)
{
	struct thread *thread = thread_at((__u64)BPF_CORE_READ(task, stack) + frame_offset);

	return thread ? thread
		      : thread_at((__u64)BPF_CORE_READ(task, group_leader, stack) + frame_offset);
}

/* Both hooks are raw tracepoints, which are named when attaching: their names and arguments differ
 * between kernels, and a kernel may be built without io_uring (see program_attach). */
SEC("raw_tp/io_uring_submit_req")
int on_uring_submit(struct bpf_raw_tracepoint_args *context)
{
	struct thread *thread = ring_thread(bpf_get_current_task_btf());
	struct uring_total *total;

	if (!thread)
		return 0;
	total = uring_total(thread->process, READ(request_at(context->args[0]), opcode));
	if (total)
		ADD(total->submitted, 1);
	return 0;
}

/* The task a request belongs to: it names the task itself up to Linux 6.12, the task's io_uring
 * state since. */
static __always_inline struct task_struct *request_task(struct io_kiocb *request)
{
	struct io_kiocb___with_task *older = (void *)request;

	if (!request)
		return NULL;
	if (bpf_core_field_exists(older->task))
		return BPF_CORE_READ(older, task);
	if (bpf_core_field_exists(request->tctx))
		return BPF_CORE_READ(request, tctx, task);
	return NULL;
}

/* Completions arrive in any context: the owner is the one the request names. */
static __always_inline struct thread *uring_owner(struct io_ring_ctx *ring,
						  struct io_kiocb *request)
{
	struct task_struct *task = request_task(request);

	if (!task && bpf_core_field_exists(ring->submitter_task))
		task = BPF_CORE_READ(ring, submitter_task);
	return ring_thread(task ? task : bpf_get_current_task_btf());
}

/* A further completion of a multishot request names no request: neither opcode nor bytes. */
#define OPCODE_UNKNOWN 255

SEC("raw_tp/io_uring_complete")
int on_uring_complete(struct bpf_raw_tracepoint_args *context)
{
	struct io_ring_ctx *ring = (void *)context->args[0];
	struct io_kiocb *request = (void *)context->args[1];
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

#endif
