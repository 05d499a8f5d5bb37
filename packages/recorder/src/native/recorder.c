// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* recorder: the one privileged program. Loads the kernel side, starts the target or attaches to it,
 * writes what it saw, and is gone. Reads no file of anybody's. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "kernel-features.h"
#include "launch.h"
#include "milestone.h"
#include "program.h"
#include "report.h"
#include "ring.h"
#include "sampler.h"
#include "sequences.h"
#include "stream.h"

#define PIDS_MAX 512
#define DRAIN_INTERVAL_MS 50
/* A thread that has ended still runs for a moment; the last of its account is written then. */
#define ENDING_WAIT_MAX_MS 50
#define EXIT_USAGE 2

struct options {
	bool attach;
	struct program_options program;
	int stream;
	int control;
	pid_t pids[PIDS_MAX];
	size_t pid_count;
	char **command;
};

static struct program program;
static struct ring ring;

static int usage(const char *what)
{
	fprintf(stderr,
		"crossbill-recorder: %s\n"
		"usage: crossbill-recorder run --stream FD [--control FD] [--timing sampled|exact] "
		"[--sequence COUNT] [--variant NAME] -- COMMAND...\n"
		"       crossbill-recorder attach --stream FD [--control FD] [--timing ...] "
		"[--sequence COUNT] [--variant NAME] --pid PID[,PID]\n"
		"       crossbill-recorder probe\n"
		"This program is started by crossbill.\n",
		what);
	return EXIT_USAGE;
}

static int fail(const char *stage, int error, const char *what)
{
	milestone_failed(stage, error, what);
	return 1;
}

/* A whole number within bounds, ended by one of `ends`; -1 when it is not. */
static long parse_number(const char **text, long most, const char *ends)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(*text, &end, 10);
	if (errno || end == *text || value < 0 || value > most || !strchr(ends, *end))
		return -1;
	*text = end;
	return value;
}

static bool parse_pids(struct options *options, const char *text)
{
	while (options->pid_count < PIDS_MAX) {
		long pid = parse_number(&text, INT32_MAX, ",");

		if (pid <= 0)
			return false;
		options->pids[options->pid_count++] = (pid_t)pid;
		if (!*text)
			return true;
		text++;
	}
	return false;
}

static const char *parse_variant(struct options *options, const char *name)
{
	options->program.variant = program_variant_named(name);
	return options->program.variant == VARIANTS ? "no such variant" : NULL;
}

static const char *parse_sequence(struct options *options, const char *count)
{
	long budget = parse_number(&count, SEQUENCE_BUDGET_MAX, "");

	if (budget < 0)
		return "--sequence takes a number of accesses up to a million";
	options->program.sequence_budget = (uint32_t)budget;
	return NULL;
}

static const char *parse_option(struct options *options, const char *name, const char *value)
{
	if (!strcmp(name, "--stream"))
		options->stream = (int)parse_number(&value, 1 << 20, "");
	else if (!strcmp(name, "--control"))
		options->control = (int)parse_number(&value, 1 << 20, "");
	else if (!strcmp(name, "--timing"))
		options->program.exact_time = !strcmp(value, "exact");
	else if (!strcmp(name, "--variant"))
		return parse_variant(options, value);
	else if (!strcmp(name, "--sequence"))
		return parse_sequence(options, value);
	else if (!strcmp(name, "--pid"))
		return parse_pids(options, value)
			? NULL
			: "--pid takes process identifiers separated by commas";
	else
		return "unknown option";
	return NULL;
}

static const char *parse(struct options *options, int argc, char **argv)
{
	int at = 2;

	*options = (struct options){
		.stream = -1,
		.control = -1,
		.program.variant = VARIANTS,
	};
	if (argc < 2 || (strcmp(argv[1], "run") && strcmp(argv[1], "attach")))
		return "say what to do";
	options->attach = !strcmp(argv[1], "attach");
	for (; at < argc && strcmp(argv[at], "--"); at += 2) {
		const char *wrong;

		if (at + 1 >= argc)
			return "an option lacks its value";
		wrong = parse_option(options, argv[at], argv[at + 1]);
		if (wrong)
			return wrong;
	}
	options->command = at < argc ? argv + at + 1 : argv + argc;
	if (options->stream < 0)
		return "--stream is missing";
	if (options->attach ? !options->pid_count : !*options->command)
		return "nothing to record";
	return NULL;
}

/* Returns the exit status: 0 when it can be recorded. */
static int prepare(const struct options *options, pid_t parent)
{
	int error = stream_open(options->stream);

	if (error)
		return 1; /* there is nobody to tell */
	error = launch_die_with_parent(parent);
	if (!error)
		error = control_open(options->control);
	if (error)
		return fail("setup", error, "preparing the recorder");
	error = sequences_open(options->program.sequence_budget);
	if (error)
		return fail("setup", error, "making room for sequences");
	error = program_load(&program, &options->program);
	if (!error) {
		program.what = "mapping the ring buffer";
		error = ring_open(&ring, program.messages, RING_BYTES);
	}
	return error ? fail("load", error, program.what) : 0;
}

/* Until we are told to stop, or CONTROL_NONE: until all processes have ended. `ended` are their
 * pidfds, which become readable then. */
static enum control wait_for(const int *ended, size_t count, pid_t target)
{
	struct pollfd polled[PIDS_MAX + 2];
	size_t alive = count;
	enum control asked;

	memset(polled, 0, sizeof(polled));
	polled[0] = (struct pollfd){.fd = control_descriptor(), .events = POLLIN};
	polled[1] = (struct pollfd){.fd = ring.fd, .events = POLLIN};
	for (size_t i = 0; i < count; i++)
		polled[i + 2] = (struct pollfd){.fd = ended[i], .events = POLLIN};
	while (alive > 0) {
		if (poll(polled, count + 2, DRAIN_INTERVAL_MS) < 0 && errno != EINTR)
			break;
		*program.fault_weight = sampler_pace_faults(clock_now());
		ring_drain(&ring, report_message);
		if (polled[0].revents) {
			asked = control_read(target);
			if (asked != CONTROL_NONE)
				return asked;
		}
		for (size_t i = 0; i < count; i++) {
			if (polled[i + 2].fd < 0 || !polled[i + 2].revents)
				continue;
			polled[i + 2].fd = -1;
			alive--;
		}
	}
	return CONTROL_NONE;
}

static void wait_for_ending_threads(void)
{
	struct timespec pause = {.tv_nsec = 200000};

	for (int i = 0; i < ENDING_WAIT_MAX_MS * 5; i++) {
		if (__atomic_load_n(&program.audit->ended, __ATOMIC_ACQUIRE) >=
		    program.audit->exited)
			return;
		nanosleep(&pause, NULL);
	}
}

/* After this nobody pays any longer, and the account is complete. */
static void close_account(void)
{
	wait_for_ending_threads();
	if (program.audit->alive)
		(void)program_settle(&program);
	program_detach(&program);
	sampler_close();
	ring_drain(&ring, report_message);
}

static int open_pidfd(pid_t pid)
{
	long fd = syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? -errno : (int)fd;
}

/* Hooks on, processes known, clock running. */
static int begin(const pid_t *pids, size_t count, bool armed)
{
	int error = program_attach(&program);

	if (!error)
		error = program_adopt(&program, pids, count, armed);
	if (error)
		return error;
	program.what = "starting the cpu-clock";
	error = sampler_open(program.sample);
	if (!error)
		sampler_open_faults(program.fault_sample);
	return error;
}

/* usage NULL: the target runs on, or is not our child. */
static int finish(int status, uint64_t began, const struct rusage *usage)
{
	uint64_t elapsed_ns = clock_now() - began;

	close_account();
	milestone_exit(status, elapsed_ns, usage);
	report_all(&program, began);
	return 0;
}

static int record_target(pid_t target, int pidfd, uint64_t began)
{
	struct rusage usage;
	enum control asked;
	int status = 0;

	milestone_started(target);
	asked = wait_for(&pidfd, 1, target);
	if (asked == CONTROL_PARENT_GONE)
		return 1;
	if (asked == CONTROL_QUIT)
		return finish(0, began, NULL);
	while (wait4(target, &status, 0, &usage) < 0 && errno == EINTR)
		;
	return finish(status, began, &usage);
}

static int run(const struct options *options)
{
	struct launch launch;
	uint64_t began;
	int pidfd, error = launch_held(&launch, options->command);

	if (error)
		return fail("fork", error, launch.what);
	program.what = "watching the program";
	pidfd = open_pidfd(launch.pid);
	error = pidfd < 0 ? pidfd : begin(&launch.pid, 1, true);
	if (error) {
		/* It must not run either: the reader may start it another way. */
		kill(launch.pid, SIGKILL);
		return fail("attach", error, program.what);
	}
	report_hello(&program);
	began = clock_now();
	error = launch_release(&launch);
	if (error) {
		program_detach(&program);
		return fail("exec", error, "execve");
	}
	return record_target(launch.pid, pidfd, began);
}

static int attach(const struct options *options)
{
	int pidfds[PIDS_MAX], error;
	uint64_t began;

	for (size_t i = 0; i < options->pid_count; i++) {
		pidfds[i] = open_pidfd(options->pids[i]);
		if (pidfds[i] < 0)
			return fail("target", pidfds[i], "no such process");
	}
	error = begin(options->pids, options->pid_count, false);
	if (error) {
		program_detach(&program);
		return fail("attach", error, program.what);
	}
	report_hello(&program);
	began = clock_now();
	milestone_started(options->pids[0]);
	if (wait_for(pidfds, options->pid_count, 0) == CONTROL_PARENT_GONE)
		return 1;
	return finish(0, began, NULL);
}

int main(int argc, char **argv)
{
	pid_t parent = getppid();
	struct options options;
	const char *wrong;

	if (argc == 2 && !strcmp(argv[1], "probe"))
		return features_print();
	wrong = parse(&options, argc, argv);
	if (wrong)
		return usage(wrong);
	if (prepare(&options, parent))
		return 1;
	return options.attach ? attach(&options) : run(&options);
}
