/* milestone.c: how far a recorder is: the lines of the stream that are alike for both. */
#define _GNU_SOURCE
#include "milestone.h"

#include <sys/wait.h>

#include "stream.h"

#if defined(__x86_64__)
#define ARCHITECTURE "x86_64"
#elif defined(__aarch64__)
#define ARCHITECTURE "aarch64"
#endif

void milestone_hello(const char *recorder, const char *timing, uint64_t period_ns)
{
	stream_begin("hello");
	stream_text("stream", "crossbill.stream/1");
	stream_text("recorder", recorder);
	stream_text("timing", timing);
	stream_text("arch", ARCHITECTURE);
	stream_u64("period", period_ns);
	stream_object("limits");
}

void milestone_pass(void)
{
	(void)stream_finish();
	(void)stream_flush();
}

void milestone_failed(const char *stage, int error, const char *what)
{
	stream_begin("failed");
	stream_text("stage", stage);
	stream_i64("errno", -error);
	stream_text("what", what ? what : stage);
	milestone_pass();
}

void milestone_started(pid_t pid)
{
	stream_begin("started");
	stream_i64("pid", pid);
	milestone_pass();
}

static uint64_t milestone_ns(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_usec * 1000u;
}

static void milestone_usage(const struct rusage *usage)
{
	if (!usage) {
		stream_null("rusage");
		return;
	}
	stream_object("rusage");
	stream_u64("user", milestone_ns(&usage->ru_utime));
	stream_u64("system", milestone_ns(&usage->ru_stime));
	stream_u64("minflt", (uint64_t)usage->ru_minflt);
	stream_u64("majflt", (uint64_t)usage->ru_majflt);
	stream_u64("nvcsw", (uint64_t)usage->ru_nvcsw);
	stream_u64("nivcsw", (uint64_t)usage->ru_nivcsw);
	stream_close();
}

void milestone_exit(int status, uint64_t elapsed_ns, const struct rusage *usage)
{
	stream_begin("exit");
	if (usage && WIFEXITED(status))
		stream_i64("code", WEXITSTATUS(status));
	else
		stream_null("code");
	stream_i64("signal", usage && WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	stream_u64("elapsed", elapsed_ns);
	milestone_usage(usage);
	(void)stream_finish();
}

void milestone_end(void)
{
	stream_begin("end");
	milestone_pass();
}
