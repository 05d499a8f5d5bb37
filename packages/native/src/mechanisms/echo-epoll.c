/* echo-epoll: a TCP echo server of the classic kind: epoll_wait, and a read and a write for each
 * connection that is ready. An event is one request. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "echo-load.h"
#include "mechanism.h"

struct echo_epoll {
	struct echo_load load;
	int epoll;
	uint64_t waits;
	uint64_t sleeps_before;
	uint64_t calls;
	struct epoll_event ready[ECHO_CONNECTIONS_MAX];
	unsigned char buffer[ECHO_BYTES_MAX];
};

static int echo_epoll_watch(struct echo_epoll *self)
{
	self->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (self->epoll < 0)
		return -errno;
	for (unsigned int i = 0; i < self->load.connections; i++) {
		struct epoll_event wanted = {.events = EPOLLIN, .data.fd = self->load.fds[i]};

		if (epoll_ctl(self->epoll, EPOLL_CTL_ADD, self->load.fds[i], &wanted) < 0)
			return -errno;
	}
	return 0;
}

static int echo_epoll_open(void **state, struct parameters *parameters)
{
	struct echo_epoll *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = echo_load_open(&self->load, parameters);
	if (!error) {
		error = echo_epoll_watch(self);
		if (error)
			echo_load_close(&self->load);
	}
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int echo_epoll_ready(void *state, uint64_t calls)
{
	struct echo_epoll *self = state;

	self->waits = 0;
	self->sleeps_before = echo_sleeps();
	self->calls = 0;
	return echo_load_start(&self->load, calls);
}

/* A request that arrives in parts stays ready: loopback delivers small ones whole. */
static int echo_epoll_answer(struct echo_epoll *self, int fd)
{
	ssize_t bytes = (ssize_t)self->load.bytes;

	self->calls += 2;
	if (read(fd, self->buffer, self->load.bytes) != bytes ||
	    write(fd, self->buffer, self->load.bytes) != bytes)
		return -EIO;
	return 0;
}

static int echo_epoll_run(void *state, uint64_t calls)
{
	struct echo_epoll *self = state;

	for (uint64_t served = 0; served < calls;) {
		int found = epoll_wait(self->epoll, self->ready, (int)self->load.connections, -1);

		self->waits++;
		if (found < 0)
			return -errno;
		for (int i = 0; i < found; i++) {
			int error = echo_epoll_answer(self, self->ready[i].data.fd);

			if (error)
				return error;
		}
		served += (uint64_t)found;
	}
	return 0;
}

static int echo_epoll_done(void *state, uint64_t calls, struct tally *tally)
{
	struct echo_epoll *self = state;

	(void)calls;
	tally_count(tally, "waits", self->waits);
	tally_count(tally, "sleeps", echo_sleeps() - self->sleeps_before);
	tally_count(tally, "calls", self->waits + self->calls);
	return echo_load_finish(&self->load);
}

static void echo_epoll_close(void *state)
{
	struct echo_epoll *self = state;

	close(self->epoll);
	echo_load_close(&self->load);
	free(self);
}

MECHANISM(echo_epoll_mechanism) = {
	.name = "echo-epoll",
	.open = echo_epoll_open,
	.ready = echo_epoll_ready,
	.run = echo_epoll_run,
	.done = echo_epoll_done,
	.close = echo_epoll_close,
};
