/* crossing.c: makes a finished call of an entry stop and an exit stop. */
#define _GNU_SOURCE
#include "crossing.h"

#include <errno.h>
#include <linux/audit.h>
#include <string.h>
#include <sys/ptrace.h>

#include "accounting.h"
#include "line-table.h"
#include "sequences.h"
#include "shape.h"

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "crossbill knows the system calls of x86-64 and arm64 only"
#endif

/*
 * The stream has room for numbers below 1024. The native table's are below 512; those of another
 * table (a 32-bit program's) follow from there on; whatever else a program may ask for is the last.
 */
#define FOREIGN_NR 512u
#define OTHER_NR 1023u

static const struct shape *crossing_shape(uint32_t nr)
{
	static const struct shape none;

	return nr < SHAPES_MAX ? &shapes[nr] : &none;
}

static uint32_t crossing_number(const struct __ptrace_syscall_info *info)
{
	if (info->entry.nr >= SHAPES_MAX)
		return OTHER_NR;
	return (uint32_t)info->entry.nr + (info->arch == NATIVE_ARCH ? 0 : FOREIGN_NR);
}

/* Descriptors are ints, whatever the upper half of the register holds. */
static int crossing_descriptor(const struct call *call, const struct shape *shape)
{
	return shape->fd ? (int)(uint32_t)call->arguments[shape->fd - 1] : -1;
}

static void crossing_enter(struct tracee *tracee, const struct __ptrace_syscall_info *info)
{
	struct call *call = &tracee->call;
	const struct shape *shape;

	memset(call, 0, sizeof(*call));
	call->is_open = true;
	call->nr = crossing_number(info);
	/* What sleeps until a moment goes on under another name, with its arguments. */
	if (call->nr == __NR_restart_syscall && tracee->interrupted_nr >= 0 &&
	    tracee->interrupted_nr < SHAPES_MAX)
		call->nr = (uint32_t)tracee->interrupted_nr;
	tracee->interrupted_nr = -1;
	for (int i = 0; i < 6; i++)
		call->arguments[i] = info->entry.args[i];
	shape = crossing_shape(call->nr);
	call->fd = crossing_descriptor(call, shape);
	call->descriptor.kind = KIND_NONE;
	/* A mapping without a file has -1 there, and is no mistake. */
	if (shape->fd && (call->nr != __NR_mmap || call->fd >= 0))
		call->descriptor = descriptor_resolve(tracee->process->tgid, tracee->tid, call->fd);
	if (call->nr == __NR_execve || call->nr == __NR_execveat)
		accounting_read(tracee, &tracee->before_exec);
	call->times = tracee->times;
}

/* The pieces of a vectored call are not read: it asked for what it moved. */
static uint64_t crossing_asked(const struct call *call, const struct shape *shape, int64_t moved)
{
	uint64_t asked = shape->size ? call->arguments[shape->size - 1] : (uint64_t)moved;

	return asked < SHAPE_ASKED_MAX ? asked : SHAPE_ASKED_MAX;
}

/* Where the access began; -1 when it has no position, or one that is not known. */
static int64_t crossing_begin(const struct tracee *tracee, const struct shape *shape,
			      const struct line_call *line)
{
	const struct call *call = &tracee->call;
	uint64_t offset;

	if (!line->target || !kind_has_position(line->kind))
		return -1;
	/* preadv2 and pwritev2: -1 asks for the file's own position. */
	if (!(shape->flags & SHAPE_POSITION))
		return shape->offset ? (int64_t)call->arguments[shape->offset - 1] : -1;
	/* Where it stands now is where the call ended, also for a file opened to append. */
	if (task_read_position(tracee->tid, call->fd, &offset) || offset < line->bytes)
		return -1;
	return (int64_t)(offset - line->bytes);
}

static void crossing_keep(const struct tracee *tracee, const struct shape *shape,
			  const struct line_call *line, int64_t begin, int64_t result, uint64_t at)
{
	bool seeks = tracee->call.nr == __NR_lseek;
	struct sequence_access access = {
		.process = line->process,
		.descriptor = (uint32_t)tracee->call.fd,
		.target = line->target ? line->target->id : 0,
		.at = at,
		.offset = seeks ? result : begin,
		.nr = (uint16_t)line->nr,
		.kind = (uint16_t)line->kind,
		.moved = seeks && !line->error ? 0 : (int32_t)result,
	};

	if ((!seeks && !shape_moves_at_position(shape)) || !kind_is_sequenced(line->kind))
		return;
	if (!seeks)
		access.asked =
			(uint32_t)crossing_asked(&tracee->call, shape, line->error ? 0 : result);
	if (access.offset < 0)
		access.offset = -1;
	if (access.target)
		sequences_add(&access);
	else
		sequences_drop(access.process, 0);
}

static void crossing_exit(struct tracee *tracee, int64_t result, uint64_t at)
{
	struct call *call = &tracee->call;
	const struct shape *shape = crossing_shape(call->nr);
	struct line_call line = {
		.process = tracee->process->entry,
		.nr = call->nr,
		.error = (uint16_t)(result < 0 && result >= -4095 ? -result : 0),
		.kind = call->descriptor.kind,
		.target = call->descriptor.target,
		.moves = shape->flags & SHAPE_BYTES,
		.empty = (shape->flags & SHAPE_READINESS) && !result,
		.duration = at > call->at ? at - call->at : 0,
	};
	int64_t begin;

	call->is_open = false;
	line.cpu = tracee->times.cpu - call->times.cpu;
	line.wait_other = accounting_wait(&call->times, &tracee->times, line.duration);
	if (line.moves && !line.error) {
		line.bytes = (uint64_t)result;
		line.asked = crossing_asked(call, shape, result);
	}
	if ((shape->flags & SHAPE_OPENS) && !shape->fd && !line.error) {
		struct descriptor made =
			descriptor_resolve(tracee->process->tgid, tracee->tid, (int)result);

		line.kind = made.kind;
		line.target = made.target;
	}
	begin = crossing_begin(tracee, shape, &line);
	if (line.moves && !line.error && begin >= 0) {
		line.positioned = true;
		line.sequential = descriptor_is_sequential(
			tracee->process->tgid, call->fd, line.target, (uint64_t)begin, line.bytes);
	}
	crossing_keep(tracee, shape, &line, begin, result, at);
	line_add(&line);
}

void crossing_stop(struct tracee *tracee, uint64_t at)
{
	struct __ptrace_syscall_info info;
	struct task_times times = tracee->times;

	/* The thread may have been killed just now: then its end tells the rest. */
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), &info) <= 0)
		return;
	(void)tracee_read_times(tracee, &times);
	accounting_note_stop(tracee, &times, at);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		crossing_enter(tracee, &info);
	/* Without an entry we came in the middle of the call, or before the program began. */
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT && tracee->call.is_open && tracee->is_counted)
		crossing_exit(tracee, info.exit.rval, at);
	accounting_note_resume(tracee, at);
	tracee->call.at = tracee->resumed_at;
}
