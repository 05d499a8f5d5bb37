/* accounting.c: adds what a thread used to its process's entry. */
#define _GNU_SOURCE
#include "accounting.h"

#include "clock.h"
#include "line-table.h"
#include "process-entry.h"

static uint64_t all_stops;

/* Clocks of the kernel are not read at one instant: a difference may come out below zero. */
static uint64_t accounting_less(uint64_t value, uint64_t less)
{
	return value > less ? value - less : 0;
}

void accounting_read(const struct tracee *tracee, struct account *account)
{
	*account = tracee->since;
	account->at = clock_now();
	account->toll = tracee->toll;
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
	struct toll toll = {
		.stops = until->toll.stops - since->toll.stops,
		.delay = until->toll.delay - since->toll.delay,
		.stood = until->toll.stood - since->toll.stood,
	};

	/* A thread preempted on its way into a stop has made an involuntary switch of it: no more
	 * can be taken off than there are, from this thread and so from the sum. */
	uint64_t voluntary = accounting_less(until->counters.voluntary, since->counters.voluntary);
	uint64_t stops = toll.stops < voluntary ? toll.stops : voluntary;

	usage->wall += accounting_less(accounting_less(until->at, since->at), toll.stood);
	usage->stood += toll.stood;
	usage->cpu += accounting_less(until->times.cpu, since->times.cpu);
	usage->run_queue += accounting_less(until->times.delay - since->times.delay, toll.delay);
	usage->counters.minor_faults +=
		accounting_less(until->counters.minor_faults, since->counters.minor_faults);
	usage->counters.major_faults +=
		accounting_less(until->counters.major_faults, since->counters.major_faults);
	usage->counters.voluntary += voluntary - stops;
	usage->counters.involuntary +=
		accounting_less(until->counters.involuntary, since->counters.involuntary);
	all_stops += stops;
	tracee->since = *until;
}

void accounting_note_stop(struct tracee *tracee, const struct task_times *now, uint64_t at)
{
	const struct task_times *before = &tracee->times;

	/*
	 * Put on a CPU once since it went on from the stop before: it did not wait in between, and
	 * all the time it did not run is ours. More often: how much is not known.
	 */
	if (tracee->resumed_at && now->slices == before->slices + 1) {
		tracee->toll.delay += now->delay - before->delay;
		tracee->toll.stood +=
			accounting_less(at - tracee->resumed_at, now->cpu - before->cpu);
	}
	tracee->times = *now;
}

void accounting_note_resume(struct tracee *tracee, uint64_t at)
{
	tracee->resumed_at = clock_now();
	tracee->toll.stood += tracee->resumed_at - at;
}

uint64_t accounting_wait(const struct task_times *from, const struct task_times *to,
			 uint64_t duration)
{
	if (to->slices <= from->slices + 1)
		return 0;
	return accounting_less(duration, to->cpu - from->cpu + to->delay - from->delay);
}

/* One that sleeps where its entry left it has not been put on a CPU again, and waits all the same.
 */
static uint64_t accounting_wait_until(const struct tracee *tracee, const struct account *last)
{
	const struct call *call = &tracee->call;
	uint64_t duration = accounting_less(last->at, call->at);

	if (task_sleeps(tracee->process->tgid, tracee->tid))
		return accounting_less(duration,
				       last->times.cpu - call->times.cpu + last->times.delay -
					       call->times.delay);
	return accounting_wait(&call->times, &last->times, duration);
}

static void accounting_abandon_call(struct tracee *tracee, const struct account *last)
{
	struct call *call = &tracee->call;
	struct line_call line = {
		.process = tracee->process->entry,
		.nr = call->nr,
		.kind = call->descriptor.kind,
		.target = call->descriptor.target,
		.wait_other = accounting_wait_until(tracee, last),
	};

	call->is_open = false;
	if (!line_add_unfinished(&line))
		process_entry_usage(line.process)->unfinished_other += line.wait_other;
}

void accounting_close(struct tracee *tracee)
{
	struct account last;

	if (tracee->has_ended || !tracee->is_counted)
		return;
	tracee->has_ended = true;
	accounting_read(tracee, &last);
	if (tracee->call.is_open)
		accounting_abandon_call(tracee, &last);
	accounting_add(tracee, &last);
}

void accounting_end(struct tracee *tracee)
{
	if (tracee->has_ended || !tracee->is_counted)
		return;
	accounting_close(tracee);
	process_entry_usage(tracee->process->entry)->counters.voluntary++;
}

uint64_t accounting_stops(void)
{
	return all_stops;
}
