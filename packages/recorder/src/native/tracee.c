/* tracee.c: the threads being traced and the processes they belong to. */
#include "tracee.h"

#include <stdlib.h>
#include <unistd.h>

#define BUCKETS 8192

static struct {
	struct tracee *tracees[BUCKETS];
	struct process *processes[BUCKETS];
	size_t count;
} table;

static size_t tracee_bucket(pid_t id)
{
	return (size_t)id & (BUCKETS - 1);
}

struct tracee *tracee_find(pid_t tid)
{
	struct tracee *tracee = table.tracees[tracee_bucket(tid)];

	while (tracee && tracee->tid != tid)
		tracee = tracee->next;
	return tracee;
}

static struct process *tracee_join(pid_t tgid)
{
	struct process **bucket = &table.processes[tracee_bucket(tgid)];
	struct process *process = *bucket;

	while (process && process->tgid != tgid)
		process = process->next;
	if (!process) {
		process = calloc(1, sizeof(*process));
		if (!process)
			return NULL;
		process->tgid = tgid;
		process->next = *bucket;
		*bucket = process;
	}
	process->threads++;
	return process;
}

static void tracee_leave(struct process *process)
{
	struct process **at = &table.processes[tracee_bucket(process->tgid)];

	if (--process->threads)
		return;
	while (*at != process)
		at = &(*at)->next;
	*at = process->next;
	free(process);
}

struct tracee *tracee_add(pid_t tid, pid_t tgid)
{
	struct tracee **bucket = &table.tracees[tracee_bucket(tid)];
	struct tracee *tracee;

	if (table.count == TRACEES_MAX)
		return NULL;
	tracee = calloc(1, sizeof(*tracee));
	if (!tracee)
		return NULL;
	tracee->process = tracee_join(tgid);
	if (!tracee->process) {
		free(tracee);
		return NULL;
	}
	tracee->tid = tid;
	tracee->interrupted_nr = -1;
	tracee->times_fd = task_open_times(tid);
	tracee->next = *bucket;
	*bucket = tracee;
	table.count++;
	return tracee;
}

void tracee_remove(struct tracee *tracee)
{
	struct tracee **at = &table.tracees[tracee_bucket(tracee->tid)];

	while (*at != tracee)
		at = &(*at)->next;
	*at = tracee->next;
	if (tracee->times_fd >= 0)
		close(tracee->times_fd);
	tracee_leave(tracee->process);
	free(tracee);
	table.count--;
}

size_t tracee_count(void)
{
	return table.count;
}

void tracee_each(void (*visit)(struct tracee *))
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct tracee *tracee = table.tracees[i]; tracee; tracee = tracee->next)
			visit(tracee);
}

static bool tracee_is_running(const struct process *process)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct tracee *tracee = table.tracees[i]; tracee; tracee = tracee->next)
			if (tracee->process == process && !tracee->has_ended)
				return true;
	return false;
}

uint64_t tracee_running(void)
{
	uint64_t running = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct process *process = table.processes[i]; process; process = process->next)
			running += tracee_is_running(process);
	return running;
}

int tracee_read_times(const struct tracee *tracee, struct task_times *times)
{
	return task_read_times(tracee->times_fd, tracee->tid, times);
}

void tracee_move(struct tracee *from, struct tracee *to)
{
	to->is_counted = from->is_counted;
	to->has_ended = false;
	to->call = from->call;
	to->times = from->times;
	to->resumed_at = from->resumed_at;
	to->toll = from->toll;
	to->since = from->since;
	to->before_exec = from->before_exec;
	if (to->times_fd >= 0)
		close(to->times_fd);
	to->times_fd = task_open_times(to->tid);
}
