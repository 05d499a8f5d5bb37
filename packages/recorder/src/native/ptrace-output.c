/* ptrace-output.c: what the ptrace recorder tells its reader. */
#define _GNU_SOURCE
#include "ptrace-output.h"

#include <sys/resource.h>

#include "accounting.h"
#include "line-table.h"
#include "milestone.h"
#include "process-entry.h"
#include "sequences.h"
#include "stream.h"
#include "target-table.h"
#include "tracee.h"

void ptrace_output_hello(size_t sequence_budget)
{
	milestone_hello("ptrace", "exact", 0);
	stream_u64("lines", LINES_MAX);
	stream_u64("targets", TARGETS_MAX);
	stream_u64("threads", TRACEES_MAX);
	stream_u64("processes", ENTRIES_MAX);
	stream_u64("bytes", TARGET_NAMES_MAX);
	stream_u64("filtered", 0);
	if (sequence_budget)
		stream_u64("sequence", sequence_budget);
	milestone_pass();
}

static long output_less(long value, uint64_t less)
{
	return value > 0 && (uint64_t)value > less ? value - (long)less : 0;
}

/*
 * The kernel's figures, less what came before the target's start (between fork and execve) and
 * less the switches of our own stops.
 */
static void output_exit(const struct trace_result *result)
{
	struct rusage used;

	/* The target is the only child we have waited for. */
	if (!result->has_ended || getrusage(RUSAGE_CHILDREN, &used)) {
		milestone_exit(0, result->elapsed, NULL);
		return;
	}
	used.ru_minflt = output_less(used.ru_minflt, result->before.minor_faults);
	used.ru_majflt = output_less(used.ru_majflt, result->before.major_faults);
	used.ru_nvcsw = output_less(used.ru_nvcsw, result->before.voluntary + accounting_stops());
	used.ru_nivcsw = output_less(used.ru_nivcsw, result->before.involuntary);
	milestone_exit(result->status, result->elapsed, &used);
}

static void output_audit(const struct trace_result *result)
{
	const struct line_audit *audit = line_audit();

	stream_begin("audit");
	stream_u64("left", audit->left);
	stream_u64("exits", audit->exits);
	stream_u64("inflight", audit->in_flight);
	stream_u64("unitemised", audit->unitemised);
	stream_u64("lost", audit->lost + result->untraced);
	stream_u64("unnamed", target_unnamed());
	stream_u64("running", result->running);
	(void)stream_finish();
}

void ptrace_output_result(const struct trace_result *result, bool is_attached)
{
	struct trace_result shown = *result;

	/* Whoever started an attached process learns how it ended, not we. */
	if (is_attached)
		shown.has_ended = false;
	output_exit(&shown);
	process_entry_write_all();
	target_write_all();
	line_write_all();
	sequences_write_all(result->started_at);
	output_audit(&shown);
	milestone_end();
}
