/* accounting.c: adds what a thread used to its process's entry. */
#define _GNU_SOURCE
#include "accounting.h"

#include <time.h>

#include "line-table.h"
#include "process-entry.h"

static uint64_t all_stops;

uint64_t accounting_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Clocks of the kernel are not read at one instant: a difference may come out below zero. */
static uint64_t accounting_less(uint64_t value, uint64_t less)
{
	return value > less ? value - less : 0;
}

void accounting_read(const struct tracee *tracee, struct account *account)
{
	*account = tracee->since;
	account->at = accounting_now();
	account->stops = tracee->stops;
	account->stop_delay = tracee->stop_delay;
	/* A thread killed at this moment may have no files any more; its last call's times remain.
	 */
	if (tracee_read_times(tracee, &account->times) &&
	    tracee->call.times.cpu > account->times.cpu)
		account->times = tracee->call.times;
	(void)task_read_counters(tracee->process->tgid, tracee->tid, &account->counters);
}

void accounting_begin(struct tracee *tracee, const struct account *from)
{
	tracee->is_counted = true;
	tracee->since = *from;
	process_entry_usage(tracee->process->entry)->threads++;
}

void accounting_add(struct tracee *tracee, const struct account *until)
{
	struct usage *usage = process_entry_usage(tracee->process->entry);
	const struct account *since = &tracee->since;
	uint64_t switches = accounting_less(until->counters.voluntary, since->counters.voluntary);

	usage->wall += accounting_less(until->at, since->at);
	usage->cpu += accounting_less(until->times.cpu, since->times.cpu);
	usage->run_queue += accounting_less(until->times.delay - since->times.delay,
					    until->stop_delay - since->stop_delay);
	usage->counters.minor_faults +=
		accounting_less(until->counters.minor_faults, since->counters.minor_faults);
	usage->counters.major_faults +=
		accounting_less(until->counters.major_faults, since->counters.major_faults);
	usage->counters.voluntary += accounting_less(switches, until->stops - since->stops);
	usage->counters.involuntary +=
		accounting_less(until->counters.involuntary, since->counters.involuntary);
	all_stops += until->stops - since->stops;
	tracee->since = *until;
}

void accounting_note_delay(struct tracee *tracee, const struct task_times *from,
			   const struct task_times *to)
{
	/* Put on a CPU once: after the stop. More often: how much of it came then is not known. */
	if (to->slices == from->slices + 1)
		tracee->stop_delay += to->delay - from->delay;
}

uint64_t accounting_wait(const struct task_times *from, const struct task_times *to,
			 uint64_t duration)
{
	if (to->slices <= from->slices + 1)
		return 0;
	return accounting_less(duration, to->cpu - from->cpu + to->delay - from->delay);
}

void accounting_end(struct tracee *tracee)
{
	struct account last;

	if (tracee->has_ended || !tracee->is_counted)
		return;
	tracee->has_ended = true;
	accounting_read(tracee, &last);
	if (tracee->call.is_open) {
		tracee->call.is_open = false;
		line_add_unfinished(tracee->call.nr);
		process_entry_usage(tracee->process->entry)->unfinished_other += accounting_wait(
			&tracee->call.times, &last.times, last.at - tracee->call.at);
	}
	accounting_add(tracee, &last);
}

uint64_t accounting_stops(void)
{
	return all_stops;
}
