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

#include "control.h"
#include "kernel-features.h"
#include "launch.h"
#include "program.h"
#include "report.h"
#include "ring.h"
#include "sampler.h"
#include "stream.h"

#define PIDS_MAX 512
#define DRAIN_INTERVAL_MS 50
/* A thread that has ended still runs for a moment; the last of its account is written then. */
#define ENDING_WAIT_MAX_MS 50
#define EXIT_USAGE 2

struct options {
	bool attach;
	bool exact_time;
	enum variant variant; /* the only one to try; VARIANTS: the first that loads */
	int stream;
	int control;
	pid_t pids[PIDS_MAX];
	size_t pid_count;
	char **command;
};

static struct program program;
static struct ring ring;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int usage(const char *what)
{
	fprintf(stderr,
		"crossbill-recorder: %s\n"
		"usage: crossbill-recorder run --stream FD [--control FD] [--timing sampled|exact] "
		"[--variant NAME] -- COMMAND...\n"
		"       crossbill-recorder attach --stream FD [--control FD] [--timing ...] "
		"[--variant NAME] --pid PID[,PID]\n"
		"       crossbill-recorder probe\n"
		"This program is started by crossbill.\n",
		what);
	return EXIT_USAGE;
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
	options->variant = program_variant_named(name);
	return options->variant == VARIANTS ? "no such variant" : NULL;
}

static const char *parse_option(struct options *options, const char *name, const char *value)
{
	if (!strcmp(name, "--stream"))
		options->stream = (int)parse_number(&value, 1 << 20, "");
	else if (!strcmp(name, "--control"))
		options->control = (int)parse_number(&value, 1 << 20, "");
	else if (!strcmp(name, "--timing"))
		options->exact_time = !strcmp(value, "exact");
	else if (!strcmp(name, "--variant"))
		return parse_variant(options, value);
	else if (!strcmp(name, "--pid"))
		return parse_pids(options, value)
			? NULL
			: "--pid takes process identifiers separated by commas";
	else if (strcmp(name, "--trace")) /* for the other recorder: here it saves nothing */
		return "unknown option";
	return NULL;
}

static const char *parse(struct options *options, int argc, char **argv)
{
	int at = 2;

	*options = (struct options){.stream = -1, .control = -1, .variant = VARIANTS};
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

static int prepare(const struct options *options, pid_t parent)
{
	int error = stream_open(options->stream);

	if (!error)
		error = launch_die_with_parent(parent);
	if (!error)
		error = control_open(options->control);
	if (error)
		return error;
	error = program_load(&program, options->exact_time, options->variant);
	if (!error) {
		program.what = "mapping the ring buffer";
		error = ring_open(&ring, program.messages, RING_BYTES);
	}
	if (error)
		report_failed("load", error, program.what);
	return error;
}

/* Until `poll` says that something happened. `ended` (a pidfd) becomes readable when a process
 * ends. */
static enum control wait_for(const int *ended, size_t count, pid_t target, bool *has_ended)
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
	*has_ended = true;
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

/* Between the fork of the target and its execve: hooks on, target known, clock running. */
static int arm(const struct launch *launch)
{
	int error = program_attach(&program);

	if (error)
		return error;
	error = program_adopt(&program, &launch->pid, 1, true);
	if (error)
		return error;
	program.what = "starting the cpu-clock";
	return sampler_open(program.sample);
}

static int record_target(struct launch *launch, uint64_t began)
{
	struct rusage usage;
	bool has_ended = false;
	int status = 0, pidfd = open_pidfd(launch->pid);
	enum control asked;

	if (pidfd < 0) {
		report_failed("target", pidfd, "watching the program");
		return 1;
	}
	stream_begin("started");
	stream_u64("pid", (uint64_t)launch->pid);
	stream_finish();
	stream_flush();
	asked = wait_for(&pidfd, 1, launch->pid, &has_ended);
	if (asked == CONTROL_PARENT_GONE)
		return 1;
	if (!has_ended) { /* told to stop: the target runs on */
		uint64_t elapsed = now_ns() - began;

		close_account();
		report_exit(0, elapsed, NULL);
		report_all(&program);
		return 0;
	}
	while (wait4(launch->pid, &status, 0, &usage) < 0 && errno == EINTR)
		;
	began = now_ns() - began;
	close_account();
	report_exit(status, began, &usage);
	report_all(&program);
	return 0;
}

static int run(const struct options *options)
{
	struct launch launch;
	uint64_t began;
	int error = launch_held(&launch, options->command, NULL, NULL);

	if (error) {
		report_failed("fork", error, launch.what);
		return 1;
	}
	error = arm(&launch);
	if (error) {
		kill(launch.pid, SIGKILL);
		report_failed("attach", error, program.what);
		return 1;
	}
	report_hello(&program);
	began = now_ns();
	error = launch_release(&launch);
	if (error) {
		program_detach(&program);
		report_failed("exec", error, "execve");
		return 1;
	}
	return record_target(&launch, began);
}

static int attach(const struct options *options)
{
	int pidfds[PIDS_MAX];
	bool has_ended = false;
	uint64_t began;
	int error = 0;

	for (size_t i = 0; i < options->pid_count; i++) {
		pidfds[i] = open_pidfd(options->pids[i]);
		if (pidfds[i] < 0) {
			report_failed("target", pidfds[i], "no such process");
			return 1;
		}
	}
	error = program_attach(&program);
	if (!error)
		error = program_adopt(&program, options->pids, options->pid_count, false);
	if (!error) {
		program.what = "starting the cpu-clock";
		error = sampler_open(program.sample);
	}
	if (error) {
		program_detach(&program);
		report_failed("attach", error, program.what);
		return 1;
	}
	report_hello(&program);
	began = now_ns();
	stream_begin("started");
	stream_u64("pid", (uint64_t)options->pids[0]);
	stream_finish();
	stream_flush();
	if (wait_for(pidfds, options->pid_count, 0, &has_ended) == CONTROL_PARENT_GONE)
		return 1;
	began = now_ns() - began;
	close_account();
	report_exit(0, began, NULL);
	report_all(&program);
	return 0;
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
