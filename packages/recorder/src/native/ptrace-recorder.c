/* ptrace-recorder.c: records any program's system calls by stopping it at each: needs no rights. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control.h"
#include "crossing.h"
#include "launch.h"
#include "line-table.h"
#include "milestone.h"
#include "ptrace-output.h"
#include "sequences.h"
#include "stream.h"
#include "trace-loop.h"

#define PIDS_MAX 256
/* One open schedstat a thread; threads beyond open theirs again at each stop. */
#define FILES_WANTED 16384

static const char usage[] =
	"usage: crossbill-ptrace run --stream FD --control FD [--sequence COUNT] "
	"-- command...\n"
	"       crossbill-ptrace attach --stream FD --control FD "
	"[--sequence COUNT] --pid PID,...\n";

struct options {
	bool is_attached;
	int stream;
	int control;
	long sequence_budget;
	pid_t pids[PIDS_MAX];
	size_t pid_count;
	char **command;
};

struct recording {
	const struct options *options;
	struct launch launch;
	struct trace_result result;
};

static int parse_number(const char *text, long max, long *value)
{
	char *end;

	errno = 0;
	*value = strtol(text, &end, 10);
	return end == text || *end || errno || *value < 0 || *value > max ? -EINVAL : 0;
}

static int parse_pids(struct options *options, char *list)
{
	char *rest = NULL;

	for (char *part = strtok_r(list, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
		long pid;

		if (options->pid_count == PIDS_MAX || parse_number(part, 1 << 22, &pid) || !pid)
			return -EINVAL;
		options->pids[options->pid_count++] = (pid_t)pid;
	}
	return 0;
}

static int parse_descriptor(const char *text, int *fd)
{
	long value;

	if (parse_number(text, 1 << 20, &value))
		return -EINVAL;
	*fd = (int)value;
	return 0;
}

static int parse_options(struct options *options, int argc, char *argv[])
{
	static const struct option names[] = {
		{"stream", required_argument, NULL, 's'},
		{"control", required_argument, NULL, 'c'},
		{"timing", required_argument, NULL, 'm'},
		{"pid", required_argument, NULL, 'p'},
		{"sequence", required_argument, NULL, 'q'},
		{NULL, 0, NULL, 0},
	};
	int option, error = 0;

	if (argc < 2 || (strcmp(argv[1], "run") && strcmp(argv[1], "attach")))
		return -EINVAL;
	options->is_attached = !strcmp(argv[1], "attach");
	optind = 2;
	while (!error && (option = getopt_long(argc, argv, "+", names, NULL)) >= 0) {
		if (option == 's')
			error = parse_descriptor(optarg, &options->stream);
		else if (option == 'c')
			error = parse_descriptor(optarg, &options->control);
		else if (option == 'p')
			error = parse_pids(options, optarg);
		else if (option == 'q')
			error = parse_number(optarg, SEQUENCE_BUDGET_MAX,
					     &options->sequence_budget);
		/* Every call is timed, whatever timing is asked for. */
		else if (option != 'm')
			error = -EINVAL;
	}
	options->command = argv + optind;
	if (options->stream < 0 || options->is_attached == !options->pid_count)
		return -EINVAL;
	return options->is_attached == !*options->command ? error : -EINVAL;
}

/* Its end is what lets go of everything that is traced: see trace-loop.h. */
static void *record(void *context)
{
	struct recording *recording = context;
	const struct options *options = recording->options;

	if (options->is_attached)
		trace_attach(options->pids, options->pid_count, &recording->result);
	else
		trace_run(&recording->launch, &recording->result);
	return NULL;
}

static int record_on_thread(struct recording *recording)
{
	sigset_t all;
	pthread_t thread;
	int error = pthread_create(&thread, NULL, record, recording);

	if (error)
		return -error;
	/* Signals are for the other thread: they interrupt its waits. */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, NULL);
	return -pthread_join(thread, NULL);
}

/* Not before the target has been forked: it keeps the limit it was started with. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= FILES_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < FILES_WANTED ? limit.rlim_max : FILES_WANTED;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* A target that cannot be recorded must not run either: the reader may start it another way. */
static void discard_held(const struct launch *launch)
{
	(void)kill(launch->pid, SIGKILL);
	(void)waitpid(launch->pid, NULL, __WALL);
}

static int fail(const char *stage, int error, const char *what)
{
	milestone_failed(stage, error, what);
	return 1;
}

static int finish(struct recording *recording)
{
	bool is_attached = recording->options->is_attached;
	struct trace_result *result = &recording->result;
	int error;

	if (result->is_abandoned)
		return 1;
	if (result->error && !is_attached)
		discard_held(&recording->launch);
	if (result->error)
		return fail("attach", result->error, result->what);
	if (!is_attached && !result->has_started) {
		error = launch_outcome(&recording->launch);
		if (error)
			return fail("exec", error, recording->options->command[0]);
	}
	ptrace_output_result(result, is_attached);
	return 0;
}

int main(int argc, char *argv[])
{
	struct options options = {.stream = -1, .control = -1};
	struct recording recording = {.options = &options};
	pid_t parent = getppid();
	int error;

	if (parse_options(&options, argc, argv) || stream_open(options.stream)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	ptrace_output_hello((size_t)options.sequence_budget);
	error = launch_die_with_parent(parent);
	if (!error)
		error = control_open(options.control);
	if (!error)
		error = control_interrupt_waits();
	if (!error)
		error = line_open();
	if (!error)
		error = sequences_open((size_t)options.sequence_budget);
	if (error)
		return fail("setup", error, "preparing the recorder");
	if (!options.is_attached)
		error = launch_held(&recording.launch, options.command);
	if (error)
		return fail(strcmp(recording.launch.what, "fork") ? "setup" : "fork", error,
			    recording.launch.what);
	raise_file_limit();
	error = record_on_thread(&recording);
	if (error)
		return fail("setup", error, "starting the tracing thread");
	return finish(&recording);
}
