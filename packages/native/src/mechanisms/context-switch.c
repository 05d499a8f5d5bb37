/*
 * context-switch: one byte to another process and back over two pipes, both pinned to one CPU. A
 * call is a round trip; the events are the switches, two for each time this process left the CPU,
 * as the kernel counts them. Per switch there is one write and one read: what pipe-pair prices.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mechanism.h"

struct context_switch {
	int there[2];
	int back[2];
	pid_t peer;
	uint64_t switches_before;
};

static int context_switch_pin(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return -errno;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

static int context_switch_count(uint64_t *count)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -errno;
	*count = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
	return 0;
}

static void context_switch_answer(struct context_switch *self, pid_t parent)
{
	unsigned char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	close(self->there[1]);
	close(self->back[0]);
	while (read(self->there[0], &byte, 1) == 1)
		if (write(self->back[1], &byte, 1) != 1)
			break;
	_exit(0);
}

static int context_switch_open(void **state, struct parameters *parameters)
{
	struct context_switch *self = calloc(1, sizeof(*self));
	pid_t parent = getpid();
	int error;

	(void)parameters;
	if (!self)
		return -ENOMEM;
	error = context_switch_pin();
	if (error)
		goto fail;
	error = -EMFILE;
	if (pipe2(self->there, O_CLOEXEC) < 0)
		goto fail;
	if (pipe2(self->back, O_CLOEXEC) < 0)
		goto fail_there;
	self->peer = fork();
	if (self->peer == 0)
		context_switch_answer(self, parent);
	if (self->peer < 0) {
		error = -errno;
		goto fail_back;
	}
	close(self->there[0]);
	close(self->back[1]);
	signal(SIGPIPE, SIG_IGN); /* A dead peer is an error of the block, not our death. */
	*state = self;
	return 0;
fail_back:
	close(self->back[0]);
	close(self->back[1]);
fail_there:
	close(self->there[0]);
	close(self->there[1]);
fail:
	free(self);
	return error;
}

static int context_switch_ready(void *state, uint64_t calls)
{
	struct context_switch *self = state;

	(void)calls;
	return context_switch_count(&self->switches_before);
}

static int context_switch_run(void *state, uint64_t calls)
{
	struct context_switch *self = state;
	unsigned char byte = 1;

	for (uint64_t call = 0; call < calls; call++)
		if (write(self->there[1], &byte, 1) != 1 || read(self->back[0], &byte, 1) != 1)
			return -EPIPE;
	return 0;
}

static int context_switch_done(void *state, uint64_t calls, struct tally *tally)
{
	struct context_switch *self = state;
	uint64_t after = 0;
	int error = context_switch_count(&after);

	(void)calls;
	if (error)
		return error;
	tally->events = 2 * (after - self->switches_before);
	return 0;
}

static void context_switch_close(void *state)
{
	struct context_switch *self = state;

	close(self->there[1]);
	close(self->back[0]);
	waitpid(self->peer, NULL, 0);
	free(self);
}

MECHANISM(context_switch_mechanism) = {
	.name = "context-switch",
	.open = context_switch_open,
	.ready = context_switch_ready,
	.run = context_switch_run,
	.done = context_switch_done,
	.close = context_switch_close,
};
