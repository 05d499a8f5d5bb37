/*
 * echo-uring: a TCP echo server on an io_uring. One crossing submits the answers of all requests
 * that had arrived and waits for the next. An event is one request. `receive` is "single" (a
 * request for each message) or "multishot" (one request for all messages of a connection, into
 * buffers that the kernel picks); `poller=1` lets the kernel's own thread take the requests.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "echo-load.h"
#include "mechanism.h"
#include "uring-buffers.h"

/* What a completion belongs to: the low bit tells an answer from a request. */
#define TAG_ANSWER 1u
#define POLLER_IDLE_MS 1000u

struct echo_uring {
	struct echo_load load;
	struct uring uring;
	struct uring_buffers buffers;
	bool multishot;
	bool armed;
	uint64_t waits;
	uint64_t sleeps_before;
	uint64_t enters_before;
	uint64_t process_before;
	uint64_t thread_before;
	/* With "single" each connection has two buffers: one is answered from, one received into.
	 */
	unsigned char *memory;
	unsigned char turn[ECHO_CONNECTIONS_MAX];
};

static const char *const receives[] = {"single", "multishot", NULL};

static uint64_t echo_uring_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* There are two entries for each connection, and no more than two requests of it at a time. */
static struct io_uring_sqe *echo_uring_request(struct echo_uring *self, unsigned int opcode,
					       unsigned int connection, uint64_t tag)
{
	struct io_uring_sqe *sqe;

	/* The kernel's thread may still be taking the entry of a request that has completed. */
	while (!(sqe = uring_next(&self->uring)))
		(void)uring_submit(&self->uring, 0);
	sqe->opcode = (uint8_t)opcode;
	sqe->fd = self->load.fds[connection];
	sqe->user_data = tag;
	return sqe;
}

static unsigned char *echo_uring_memory(struct echo_uring *self, unsigned int connection,
					unsigned int turn)
{
	return self->memory + ((size_t)connection * 2 + turn) * self->load.bytes;
}

static void echo_uring_receive(struct echo_uring *self, unsigned int connection)
{
	struct io_uring_sqe *sqe =
		echo_uring_request(self, IORING_OP_RECV, connection, (uint64_t)connection << 1);

	if (self->multishot) {
		sqe->ioprio = IORING_RECV_MULTISHOT;
		sqe->flags = IOSQE_BUFFER_SELECT;
		return;
	}
	sqe->addr =
		(uint64_t)(uintptr_t)echo_uring_memory(self, connection, self->turn[connection]);
	sqe->len = self->load.bytes;
}

/* `place` is a buffer's number with "multishot", else the connection's. */
static void echo_uring_answer(struct echo_uring *self, unsigned int connection,
			      const unsigned char *data, unsigned int place)
{
	struct io_uring_sqe *sqe = echo_uring_request(self, IORING_OP_SEND, connection,
						      (uint64_t)place << 1 | TAG_ANSWER);

	sqe->addr = (uint64_t)(uintptr_t)data;
	sqe->len = self->load.bytes;
}

static int echo_uring_received(struct echo_uring *self, unsigned int connection, int result,
			       uint32_t flags)
{
	if (self->multishot) {
		unsigned int id = flags >> IORING_CQE_BUFFER_SHIFT;

		if (result == (int)self->load.bytes)
			echo_uring_answer(self, connection, uring_buffer(&self->buffers, id), id);
		else if (result != -ENOBUFS)
			return -EIO;
		if (!(flags & IORING_CQE_F_MORE))
			echo_uring_receive(self, connection);
		return 0;
	}
	if (result != (int)self->load.bytes)
		return -EIO;
	echo_uring_answer(self, connection,
			  echo_uring_memory(self, connection, self->turn[connection]), connection);
	self->turn[connection] ^= 1;
	echo_uring_receive(self, connection);
	return 0;
}

/* Takes one completion. Returns 1 for an answer that is sent, 0 for a request, or -errno. */
static int echo_uring_take(struct echo_uring *self, const struct io_uring_cqe *cqe)
{
	unsigned int place = (unsigned int)(cqe->user_data >> 1);

	if (!(cqe->user_data & TAG_ANSWER))
		return echo_uring_received(self, place, cqe->res, cqe->flags);
	if (self->multishot)
		uring_buffer_return(&self->buffers, place);
	return cqe->res == (int)self->load.bytes ? 1 : -EIO;
}

static int echo_uring_run(void *state, uint64_t calls)
{
	struct echo_uring *self = state;

	for (uint64_t served = 0; served < calls;) {
		const struct io_uring_cqe *cqe;
		int result = uring_submit(&self->uring, 1);

		self->waits++;
		while (result >= 0 && (cqe = uring_completion(&self->uring))) {
			result = echo_uring_take(self, cqe);
			uring_seen(&self->uring);
			if (result == 1)
				served++;
		}
		if (result < 0)
			return result;
	}
	return 0;
}

static int echo_uring_ready(void *state, uint64_t calls)
{
	struct echo_uring *self = state;

	for (unsigned int i = 0; !self->armed && i < self->load.connections; i++)
		echo_uring_receive(self, i);
	self->armed = true;
	self->waits = 0;
	self->sleeps_before = echo_sleeps();
	self->enters_before = self->uring.enters;
	self->process_before = echo_uring_clock(CLOCK_PROCESS_CPUTIME_ID);
	self->thread_before = echo_uring_clock(CLOCK_THREAD_CPUTIME_ID);
	return echo_load_start(&self->load, calls);
}

/* The kernel's thread is one of the process's: what it used is the difference. */
static int echo_uring_done(void *state, uint64_t calls, struct tally *tally)
{
	struct echo_uring *self = state;
	uint64_t process = echo_uring_clock(CLOCK_PROCESS_CPUTIME_ID) - self->process_before;
	uint64_t thread = echo_uring_clock(CLOCK_THREAD_CPUTIME_ID) - self->thread_before;

	(void)calls;
	tally_count(tally, "waits", self->waits);
	tally_count(tally, "sleeps", echo_sleeps() - self->sleeps_before);
	tally_count(tally, "calls", self->uring.enters - self->enters_before);
	tally_count(tally, "pollerNs", process > thread ? process - thread : 0);
	return echo_load_finish(&self->load);
}

static void echo_uring_close(void *state)
{
	struct echo_uring *self = state;

	uring_close(&self->uring);
	uring_buffers_close(&self->buffers);
	echo_load_close(&self->load);
	free(self->memory);
	free(self);
}

static unsigned int echo_uring_power(unsigned int least)
{
	unsigned int power = 1;

	while (power < least)
		power *= 2;
	return power;
}

static int echo_uring_set_up(struct echo_uring *self, bool poller)
{
	unsigned int entries = echo_uring_power(2 * self->load.connections);
	struct uring_options options = {
		.entries = entries,
		.completions = 2 * entries,
		.idle_ms = POLLER_IDLE_MS,
		.flags = poller ? IORING_SETUP_SQPOLL : 0,
	};
	int error = poller ? uring_open(&self->uring, &options)
			   : uring_open_alone(&self->uring, &options);

	if (error) {
		mechanism_refused(uring_refusal(error));
		return error;
	}
	if (!self->multishot)
		return 0;
	error = uring_buffers_open(&self->buffers, &self->uring, entries, self->load.bytes);
	if (error) {
		mechanism_refused("a ring of buffers for io_uring (since Linux 5.19)");
		uring_close(&self->uring);
	}
	return error;
}

static int echo_uring_open(void **state, struct parameters *parameters)
{
	bool multishot = parameter_choice(parameters, "receive", receives) == 1;
	bool poller = parameter_number(parameters, "poller", 0) != 0;
	struct echo_uring *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->multishot = multishot;
	error = echo_load_open(&self->load, parameters);
	if (error)
		goto fail;
	error = -ENOMEM;
	self->memory = calloc((size_t)self->load.connections * 2, self->load.bytes);
	if (self->memory)
		error = echo_uring_set_up(self, poller);
	if (error) {
		echo_load_close(&self->load);
		goto fail;
	}
	*state = self;
	return 0;
fail:
	free(self->memory);
	free(self);
	return error;
}

MECHANISM(echo_uring_mechanism) = {
	.name = "echo-uring",
	.open = echo_uring_open,
	.ready = echo_uring_ready,
	.run = echo_uring_run,
	.done = echo_uring_done,
	.close = echo_uring_close,
};
