/* ptrace-output.c: what the ptrace recorder tells its reader. */
#define _GNU_SOURCE
#include "ptrace-output.h"

#include <sys/resource.h>
#include <sys/wait.h>

#include "accounting.h"
#include "line-table.h"
#include "process-entry.h"
#include "stream.h"
#include "target-table.h"
#include "tracee.h"

#if defined(__x86_64__)
#define ARCH "x86_64"
#else
#define ARCH "aarch64"
#endif

void ptrace_output_hello(void)
{
	stream_begin("hello");
	stream_text("stream", "crossbill.stream/1");
	stream_text("recorder", "ptrace");
	stream_text("timing", "exact");
	stream_text("arch", ARCH);
	stream_u64("period", 0);
	stream_object("limits");
	stream_u64("lines", LINES_MAX);
	stream_u64("targets", TARGETS_MAX);
	stream_u64("threads", TRACEES_MAX);
	stream_u64("processes", ENTRIES_MAX);
	stream_u64("bytes", TARGET_NAMES_MAX);
	stream_u64("filtered", 0);
	(void)stream_finish();
	(void)stream_flush();
}

void ptrace_output_failed(const char *stage, int error, const char *what)
{
	stream_begin("failed");
	stream_text("stage", stage);
	stream_i64("errno", -error);
	stream_text("what", what);
	(void)stream_finish();
	(void)stream_flush();
}

static uint64_t output_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void output_u64_less(const char *name, long value, uint64_t less)
{
	stream_u64(name, value > 0 && (uint64_t)value > less ? (uint64_t)value - less : 0);
}

/*
 * The kernel's figures, less what came before the target's start (between fork and execve) and
 * less the switches of our own stops.
 */
static void output_rusage(const struct trace_result *result)
{
	struct rusage used;

	/* The target is the only child we have waited for. */
	if (!result->has_ended || getrusage(RUSAGE_CHILDREN, &used)) {
		stream_null("rusage");
		return;
	}
	stream_object("rusage");
	stream_u64("user", output_ns(&used.ru_utime));
	stream_u64("system", output_ns(&used.ru_stime));
	output_u64_less("minflt", used.ru_minflt, result->before.minor_faults);
	output_u64_less("majflt", used.ru_majflt, result->before.major_faults);
	output_u64_less("nvcsw", used.ru_nvcsw, result->before.voluntary + accounting_stops());
	output_u64_less("nivcsw", used.ru_nivcsw, result->before.involuntary);
	stream_close();
}

static void output_exit(const struct trace_result *result)
{
	bool has_code = result->has_ended && WIFEXITED(result->status);
	bool has_signal = result->has_ended && WIFSIGNALED(result->status);

	stream_begin("exit");
	if (has_code)
		stream_i64("code", WEXITSTATUS(result->status));
	else
		stream_null("code");
	stream_i64("signal", has_signal ? WTERMSIG(result->status) : 0);
	stream_u64("elapsed", result->elapsed);
	output_rusage(result);
	(void)stream_finish();
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
	output_audit(&shown);
	stream_begin("end");
	(void)stream_finish();
	(void)stream_flush();
}
