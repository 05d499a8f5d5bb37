// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program: the kernel side of the recorder, over bpf(2) alone. */
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "syscall-event.h"

#define ATTR_UP_TO(field) (offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))
/* Threads may be created while an iterator runs; it is run again until nobody new is found. */
#define ADOPT_ROUNDS_MAX 16

static int bpf_call(int command, union bpf_attr *attr, size_t size)
{
	long result = syscall(SYS_bpf, command, attr, size);

	return result < 0 ? -errno : (int)result;
}

static int map_call(int command, int map, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)value;
	return bpf_call(command, &attr, ATTR_UP_TO(flags));
}

int map_next(int map, const void *key, void *next)
{
	return map_call(BPF_MAP_GET_NEXT_KEY, map, key, next);
}

int map_get(int map, const void *key, void *value)
{
	return map_call(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int map_put(int map, const void *key, const void *value)
{
	return map_call(BPF_MAP_UPDATE_ELEM, map, key, (void *)(uintptr_t)value);
}

static int (*const loaders[VARIANTS])(struct program *) = {
	program_load_full_events, program_load_fast_events,   program_load_full,
	program_load_fast,	  program_load_portable_full, program_load_portable,
};

static const char *const variant_names[VARIANTS] = {
	"full-events", "fast-events", "full", "fast", "portable-full", "portable",
};

const char *program_variant_name(enum variant variant)
{
	return variant < VARIANTS ? variant_names[variant] : "none";
}

enum variant program_variant_named(const char *name)
{
	enum variant variant = VARIANT_FULL_EVENTS;

	while (variant < VARIANTS && strcmp(variant_names[variant], name))
		variant++;
	return variant;
}

/* The variant of the pair that times page faults. */
static enum variant fault_timer(enum variant variant)
{
	return variant - variant % 2;
}

bool program_times_faults(const struct program *program)
{
	return program->variant == fault_timer(program->variant);
}

int program_fault_refusal(const struct program *program)
{
	return program->refused[fault_timer(program->variant)];
}

/* Linux 5.18 (commit fa2c3254d7cf) gave sched_switch the state a thread leaves the CPU in. */
static bool kernel_is_too_old(void)
{
	struct utsname name;
	long major, minor = 0;
	char *end;

	if (uname(&name))
		return false;
	major = strtol(name.release, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	return major < 5 || (major == 5 && minor < 18);
}

int program_load(struct program *program, const struct program_options *options)
{
	/* Before Linux 5.11 maps were charged to this limit; raising it may be refused, and is not
	 * needed. */
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	enum variant only = options->variant;
	enum variant first = VARIANT_FULL_EVENTS;
	int error = 0;

	memset(program, 0, sizeof(*program));
	program->exact_time = options->exact_time;
	program->sequence_budget = options->sequence_budget;
	program->cpus = cpus > 0 ? (unsigned int)cpus : 1;
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);
	if (only == VARIANTS && !syscall_event_is_needed())
		first = VARIANT_FULL;
	for (enum variant variant = first; variant < VARIANTS; variant++) {
		if (only != VARIANTS && only != variant)
			continue;
		error = loaders[variant](program);
		program->refused[variant] = error;
		program->variant = variant;
		if (!error)
			return 0;
	}
	if (kernel_is_too_old())
		program->what = "loading the kernel programs, which need Linux 5.18 or later";
	return error;
}

static int link_open(int prog, const char *name)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)name;
	attr.raw_tracepoint.prog_fd = (uint32_t)prog;
	return bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr, ATTR_UP_TO(raw_tracepoint.prog_fd));
}

/* The hooks of io_uring, which a kernel may be built without. Linux 6.1 has the first as
 * io_uring_submit_sqe, with the request in the same place. 0: nothing to attach to. */
static int link_open_uring(int prog, const char *name)
{
	int link = link_open(prog, name);

	if (link == -ENOENT && !strcmp(name, "io_uring_submit_req"))
		link = link_open(prog, "io_uring_submit_sqe");
	return link == -ENOENT ? 0 : link;
}

static int link_any(const struct program *program, int prog, const char *name)
{
	if (name && !strncmp(name, "io_uring_", strlen("io_uring_")))
		return link_open_uring(prog, name);
	if (name && program->events)
		return syscall_event_open(name, prog);
	return link_open(prog, name);
}

int program_attach(struct program *program)
{
	for (int i = 0; i < PROGRAMS_MAX; i++) {
		if (!program->progs[i])
			continue;
		program->links[i] = link_any(program, program->progs[i], program->names[i]);
		if (program->links[i] < 0) {
			int error = program->links[i];

			program->links[i] = 0;
			program->what = "attaching to the tracepoints";
			program_detach(program);
			return error;
		}
	}
	return 0;
}

void program_detach(struct program *program)
{
	/* In the opposite order: once sys_exit is gone, nobody pays for his system calls. */
	for (int i = PROGRAMS_MAX - 1; i >= 0; i--) {
		if (program->links[i] > 0)
			close(program->links[i]);
		program->links[i] = 0;
	}
}

/* Runs the iterator over all tasks of the machine once. */
static int visit_all(struct program *program, enum visit visit)
{
	union bpf_attr attr;
	char nothing[64];
	ssize_t got;
	int iterator;

	*program->visit = visit;
	memset(&attr, 0, sizeof(attr));
	attr.iter_create.link_fd = (uint32_t)program->visit_link;
	iterator = bpf_call(BPF_ITER_CREATE, &attr, ATTR_UP_TO(iter_create));
	if (iterator < 0) {
		program->what = "iterating over the tasks";
		return iterator;
	}
	do
		got = read(iterator, nothing, sizeof(nothing));
	while (got > 0 || (got < 0 && errno == EINTR));
	close(iterator);
	return got < 0 ? -errno : 0;
}

int program_adopt(struct program *program, const pid_t *pids, size_t count, bool armed)
{
	uint32_t phase = armed ? PHASE_ARMED : PHASE_RUNNING;
	uint64_t before;

	for (size_t i = 0; i < count; i++) {
		uint32_t pid = (uint32_t)pids[i];
		int error = map_put(program->wanted, &pid, &phase);

		if (error) {
			program->what = "naming the processes to record";
			return error;
		}
	}
	for (int round = 0; round < ADOPT_ROUNDS_MAX; round++) {
		int error;

		before = program->audit->alive;
		error = visit_all(program, VISIT_ADOPT);
		if (error)
			return error;
		if (program->audit->alive == before)
			break;
	}
	if (program->audit->alive)
		return 0;
	program->what = "finding the processes";
	return -ESRCH;
}

int program_settle(struct program *program)
{
	return visit_all(program, VISIT_SETTLE);
}

uint64_t program_misses(const struct program *program)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)program->sys_exit;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, ATTR_UP_TO(info)))
		return 0;
	return info.recursion_misses;
}

uint64_t program_map_bytes(const struct program *program)
{
	uint64_t lines = (uint64_t)program->cpus * LINES_PER_CPU;

	return THREADS_MAX * sizeof(struct thread) + PROCESSES_MAX * sizeof(struct usage) +
		lines * sizeof(struct line) +
		(program->exact_time ? lines * sizeof(struct latency) : 0) + RING_BYTES +
		program->sequence_budget * sizeof(struct access) +
		(uint64_t)program->cpus * PATH_SETS_PER_CPU * sizeof(struct path_set) +
		STACKS_MAX *
		(STACK_DEPTH * sizeof(struct bpf_stack_build_id) + sizeof(struct callers)) +
		SEEN_MAX * sizeof(uint64_t) +
		INSIDE_MAX * (sizeof(struct inside_key) + sizeof(struct inside_total));
}
