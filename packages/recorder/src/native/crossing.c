/* crossing.c: makes a finished call of an entry stop and an exit stop. */
#define _GNU_SOURCE
#include "crossing.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "accounting.h"
#include "line-table.h"
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

static struct {
	bool is_limited;
	bool wanted[SHAPES_MAX];
} selection;

int crossing_select(const char *list)
{
	do {
		char *end;
		unsigned long nr = strtoul(list, &end, 10);

		if (end == list || (*end && *end != ','))
			return -EINVAL;
		/* Numbers without a shape have no target to look for. */
		if (nr < SHAPES_MAX)
			selection.wanted[nr] = true;
		list = end + (*end == ',');
	} while (*list);
	selection.is_limited = true;
	return 0;
}

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

static bool crossing_is_selected(uint32_t nr)
{
	return !selection.is_limited || (nr < SHAPES_MAX && selection.wanted[nr]);
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
	call->is_selected = crossing_is_selected(call->nr);
	/* A mapping without a file has -1 there, and is no mistake. */
	if (shape->fd && call->is_selected && (call->nr != __NR_mmap || call->fd >= 0))
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

/* Sets `positioned` and `sequential` of a call that moved bytes at an offset. */
static void crossing_place(const struct tracee *tracee, const struct shape *shape,
			   struct line_call *line)
{
	const struct call *call = &tracee->call;
	uint64_t offset;

	if (line->error || !line->target || !kind_has_position(line->kind))
		return;
	if (shape->flags & SHAPE_POSITION) {
		/* Where it stands now is where the call ended, also for a file opened to append. */
		if (task_read_position(tracee->tid, call->fd, &offset) || offset < line->bytes)
			return;
		offset -= line->bytes;
	} else if (shape->offset) {
		offset = call->arguments[shape->offset - 1];
		/* preadv2 and pwritev2: -1 asks for the file's own position. */
		if ((int64_t)offset < 0)
			return;
	} else {
		return;
	}
	line->positioned = true;
	line->sequential = descriptor_is_sequential(tracee->process->tgid, call->fd, line->target,
						    offset, line->bytes);
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
		.duration = at > call->at ? at - call->at : 0,
	};

	call->is_open = false;
	line.cpu = tracee->times.cpu - call->times.cpu;
	line.wait_other = accounting_wait(&call->times, &tracee->times, line.duration);
	if (line.moves && !line.error) {
		line.bytes = (uint64_t)result;
		line.asked = crossing_asked(call, shape, result);
	}
	if (call->is_selected && (shape->flags & SHAPE_OPENS) && !shape->fd && !line.error) {
		struct descriptor made =
			descriptor_resolve(tracee->process->tgid, tracee->tid, (int)result);

		line.kind = made.kind;
		line.target = made.target;
	}
	crossing_place(tracee, shape, &line);
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
