/* program-load.h: the body of program-fast.c and its siblings. They differ only in SKELETON, the
 * generated header, in LOAD, the name of the function made here, and in FAULT_TIME and EVENTS. */
#define _GNU_SOURCE
#include <errno.h>

#include "program.h"

#if !defined(__x86_64__)
#error "no generated kernel program for this architecture yet: make bpf"
#endif

/* What is generated narrows lengths that it knows to fit. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include SKELETON
#pragma GCC diagnostic pop

static int map_memory(int map, size_t bytes, const char *what, struct program *program,
		      const void **memory)
{
	*memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, map, 0);
	if (*memory != MAP_FAILED)
		return 0;
	program->what = what;
	return -errno;
}

static int map_all(struct program *program, struct record_bpf *skel)
{
	const void *audit, *usages, *lines, *unfinished, *path_sets;
	const void *latencies = NULL, *accesses = NULL;
	size_t line_count = (size_t)program->cpus * LINES_PER_CPU;
	int error;

	error = map_memory(skel->maps.audits.map_fd, sizeof(struct audit), "mapping audit", program,
			   &audit);
	if (!error)
		error = map_memory(skel->maps.usages.map_fd, PROCESSES_MAX * sizeof(struct usage),
				   "mapping usages", program, &usages);
	if (!error)
		error = map_memory(skel->maps.lines.map_fd, line_count * sizeof(struct line),
				   "mapping lines", program, &lines);
	if (!error)
		error = map_memory(skel->maps.unfinished.map_fd, SYSCALLS_MAX * sizeof(uint64_t),
				   "mapping unfinished", program, &unfinished);
	if (!error)
		error = map_memory(skel->maps.path_sets.map_fd,
				   program->cpus * PATH_SETS_PER_CPU * sizeof(struct path_set),
				   "mapping path sets", program, &path_sets);
	if (!error && program->sequence_budget)
		error = map_memory(skel->maps.accesses.map_fd,
				   program->sequence_budget * sizeof(struct access),
				   "mapping accesses", program, &accesses);
	if (!error && program->exact_time)
		error = map_memory(skel->maps.latencies.map_fd, line_count * sizeof(struct latency),
				   "mapping latencies", program, &latencies);
	if (error)
		return error;
	program->audit = audit;
	program->usages = usages;
	program->lines = lines;
	program->unfinished = unfinished;
	program->latencies = latencies;
	program->path_sets = path_sets;
	program->accesses = accesses;
	return 0;
}

int LOAD(struct program *program)
{
	struct record_bpf *skel = record_bpf__open();
	int error;

	if (!skel) {
		program->what = "memory";
		return -ENOMEM;
	}
	skel->rodata->exact_time = program->exact_time;
	skel->rodata->sequence_budget = program->sequence_budget;
	if (program->sequence_budget)
		skel->maps.accesses.max_entries = program->sequence_budget;
	skel->maps.path_sets.max_entries = program->cpus * PATH_SETS_PER_CPU;
	skel->maps.lines.max_entries = program->cpus * LINES_PER_CPU;
	skel->maps.latencies.max_entries = program->exact_time ? program->cpus * LINES_PER_CPU : 1;
	error = record_bpf__load(skel);
	if (error) {
		program->what = "loading the kernel programs";
		record_bpf__destroy(skel);
		return error;
	}
	program->messages = skel->maps.messages.map_fd;
	program->wanted = skel->maps.wanted.map_fd;
	program->urings = skel->maps.urings.map_fd;
	program->insides = skel->maps.insides.map_fd;
	program->stacks = skel->maps.stacks.map_fd;
	program->stack_counts = skel->maps.stack_counts.map_fd;
	program->callers = skel->maps.callers_seen.map_fd;
	program->sample = skel->progs.on_sample.prog_fd;
	program->fault_sample = skel->progs.on_fault_sample.prog_fd;
	program->sys_exit = skel->progs.on_sys_exit.prog_fd;
	program->visit = &skel->bss->visit;
	program->fault_weight = &skel->data->fault_weight;
	/* sys_exit comes last, so that the first call counted finds every other hook in place. */
	program->progs[0] = skel->progs.on_sched_switch.prog_fd;
	program->progs[1] = skel->progs.on_sched_wakeup.prog_fd;
	program->progs[2] = skel->progs.on_fork.prog_fd;
	program->progs[3] = skel->progs.on_exec.prog_fd;
	program->progs[4] = skel->progs.on_exit.prog_fd;
	program->progs[5] = skel->progs.on_uring_submit.prog_fd;
	program->progs[6] = skel->progs.on_uring_complete.prog_fd;
#ifdef FAULT_TIME
	program->progs[7] = skel->progs.on_fault_leave.prog_fd;
	program->progs[8] = skel->progs.on_fault_enter.prog_fd;
#endif
	program->progs[9] = program->exact_time ? skel->progs.on_sys_enter.prog_fd : 0;
	program->progs[10] = skel->progs.on_sys_exit.prog_fd;
	program->names[5] = "io_uring_submit_req";
	program->names[6] = "io_uring_complete";
#ifdef EVENTS
	program->events = true;
#endif
	program->names[9] = "sys_enter";
	program->names[10] = "sys_exit";
	program->visit_link = record_bpf__visit_task__attach(skel);
	if (program->visit_link < 0) {
		program->what = "attaching the task iterator";
		return program->visit_link;
	}
	/* The skeleton lives as long as the process: its descriptors are the program. */
	return map_all(program, skel);
}
