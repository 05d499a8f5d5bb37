/* conversation: two processes that exchange messages over a channel. */
#define _GNU_SOURCE 1
#include "conversation.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "word-sum.h"

/* More than a ring's depth would take longer than it is worth. */
#define WARM_UP_CALLS 3u

static const char *const patterns[] = {"ping-pong", "one-way", NULL};
static const char *const cpus[] = {"other", "same", NULL};

/* What the peer tells us; it is read only when the peer has answered all that was sent. */
struct account {
	uint64_t received;
	uint64_t sum;
	uint64_t calls;
	/* Its time on the CPU when it had all messages of the last block. */
	uint64_t cpu_ns;
};

struct conversation {
	const struct channel *channel;
	void *state;
	size_t bytes;
	bool is_one_way;
	struct account *peer_account; /* Shared with the peer. */
	struct account ours;
	/* The messages after which the peer says that it has them all; shared. */
	uint64_t *until;
	/* One byte from the peer, when a one-way block is over. */
	int finished[2];
	pid_t peer;
	void *message;
	void *buffer;
	uint64_t expected; /* Sum of one message. */
	/* As they were when the block began. */
	struct account peer_before;
	struct account ours_before;
};

static int conversation_pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

/* The first two CPUs that this process may use. Returns how many there are, up to 2, or -errno. */
static int conversation_cpus(int found[2])
{
	cpu_set_t allowed;
	int count = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	for (int cpu = 0; cpu < CPU_SETSIZE && count < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			found[count++] = cpu;
	return count;
}

static int conversation_receive(struct conversation *self, enum side side, struct account *account)
{
	const struct channel *channel = self->channel;
	const void *message = channel->receive(self->state, side, self->buffer, self->bytes);

	if (!message)
		return -errno;
	account->sum += word_sum(message, self->bytes);
	account->received++;
	return channel->release ? channel->release(self->state, side) : 0;
}

static int conversation_send(struct conversation *self, enum side side)
{
	return self->channel->send(self->state, side, self->message, self->bytes);
}

static uint64_t conversation_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

/* The peer's whole life; its end is ours. */
static void conversation_answer(struct conversation *self, int cpu, pid_t parent)
{
	struct account account = {0};
	unsigned char byte = 1;

	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || conversation_pin(cpu))
		_exit(1);
	self->channel->take_side(self->state, SIDE_PEER);
	while (conversation_receive(self, SIDE_PEER, &account) == 0) {
		account.calls = self->channel->calls(self->state, SIDE_PEER);
		/* Once a block: another process's clock is only as fresh as its last tick. */
		if (account.received == *self->until)
			account.cpu_ns = conversation_cpu_ns();
		*self->peer_account = account;
		if (!self->is_one_way) {
			if (conversation_send(self, SIDE_PEER))
				break;
		} else if (account.received == *self->until &&
			   write(self->finished[1], &byte, 1) != 1) {
			break;
		}
	}
	_exit(1);
}

/* Nothing would ever answer us again, and some channels would wait for ever. */
static void conversation_peer_ended(int number)
{
	static const char text[] = "crossbill-measure: the peer process ended\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

static int conversation_read_parameters(struct conversation *self, struct parameters *parameters,
					int ours_and_peers[2])
{
	uint64_t bytes = parameter_number(parameters, "bytes", 1);
	bool is_same = parameter_choice(parameters, "cpu", cpus) == 1;
	int count;

	self->is_one_way = parameter_choice(parameters, "pattern", patterns) == 1;
	if (bytes < 1 || bytes > CONVERSATION_MOST_BYTES)
		return -EINVAL;
	self->bytes = (size_t)bytes;
	count = conversation_cpus(ours_and_peers);
	if (count < 0)
		return count;
	if (is_same) {
		ours_and_peers[1] = ours_and_peers[0];
	} else if (count < 2) {
		mechanism_refused("a second CPU for the peer");
		return -ENODEV;
	}
	return conversation_pin(ours_and_peers[0]);
}

static int conversation_allocate(struct conversation *self)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	self->peer_account =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (self->peer_account == MAP_FAILED) {
		self->peer_account = NULL;
		return -errno;
	}
	self->until = (uint64_t *)(self->peer_account + 1);
	if (posix_memalign(&self->message, page, self->bytes) != 0 ||
	    posix_memalign(&self->buffer, page, self->bytes) != 0)
		return -ENOMEM;
	for (size_t at = 0; at < self->bytes; at++)
		((unsigned char *)self->message)[at] = (unsigned char)(at % 251 + 1);
	memset(self->buffer, 0, self->bytes);
	self->expected = word_sum(self->message, self->bytes);
	return pipe2(self->finished, O_CLOEXEC) < 0 ? -errno : 0;
}

static int conversation_start_peer(struct conversation *self, int cpu)
{
	pid_t parent = getpid();

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, conversation_peer_ended);
	self->peer = fork();
	if (self->peer == 0)
		conversation_answer(self, cpu, parent);
	if (self->peer < 0)
		return -errno;
	self->channel->take_side(self->state, SIDE_OURS);
	return 0;
}

void conversation_close(void *state)
{
	struct conversation *self = state;

	if (self->peer > 0) {
		signal(SIGCHLD, SIG_DFL);
		kill(self->peer, SIGKILL);
		waitpid(self->peer, NULL, 0);
	}
	if (self->state)
		self->channel->close(self->state);
	for (unsigned int end = 0; end < 2; end++)
		if (self->finished[end] >= 0)
			close(self->finished[end]);
	if (self->peer_account)
		munmap(self->peer_account, (size_t)sysconf(_SC_PAGESIZE));
	free(self->message);
	free(self->buffer);
	free(self);
}

int conversation_ready(void *state, uint64_t calls)
{
	struct conversation *self = state;

	*self->until = self->peer_account->received + calls;
	self->peer_before = *self->peer_account;
	self->ours_before = self->ours;
	self->ours_before.calls = self->channel->calls(self->state, SIDE_OURS);
	return 0;
}

int conversation_run(void *state, uint64_t calls)
{
	struct conversation *self = state;
	unsigned char byte;

	for (uint64_t call = 0; call < calls; call++) {
		int error = conversation_send(self, SIDE_OURS);

		if (!error && !self->is_one_way)
			error = conversation_receive(self, SIDE_OURS, &self->ours);
		if (error)
			return error;
	}
	if (self->is_one_way && read(self->finished[0], &byte, 1) != 1)
		return -EPIPE;
	return 0;
}

int conversation_done(void *state, uint64_t calls, struct tally *tally)
{
	struct conversation *self = state;
	const struct account *peer = self->peer_account;
	uint64_t ours = self->channel->calls(self->state, SIDE_OURS) - self->ours_before.calls;

	if (peer->received - self->peer_before.received != calls ||
	    peer->sum - self->peer_before.sum != calls * self->expected)
		return -EIO;
	if (!self->is_one_way &&
	    (self->ours.received - self->ours_before.received != calls ||
	     self->ours.sum - self->ours_before.sum != calls * self->expected))
		return -EIO;
	tally->events = self->is_one_way ? calls : 2 * calls;
	tally_count(tally, "peerCpuNs", peer->cpu_ns - self->peer_before.cpu_ns);
	tally_count(tally, "calls", ours + peer->calls - self->peer_before.calls);
	return 0;
}

/* No block shall pay for the first touch of a page, or for what the peer did before it waits. */
static int conversation_warm_up(struct conversation *self)
{
	struct tally tally;
	int error = conversation_ready(self, WARM_UP_CALLS);

	if (!error)
		error = conversation_run(self, WARM_UP_CALLS);
	return error ? error : conversation_done(self, WARM_UP_CALLS, &tally);
}

int conversation_open(void **state, struct parameters *parameters, const struct channel *channel)
{
	struct conversation *self = calloc(1, sizeof(*self));
	int ours_and_peers[2] = {0};
	int error;

	if (!self)
		return -ENOMEM;
	self->channel = channel;
	self->finished[0] = self->finished[1] = -1;
	error = conversation_read_parameters(self, parameters, ours_and_peers);
	if (!error)
		error = conversation_allocate(self);
	if (!error)
		error = channel->open(&self->state, self->bytes, parameters);
	if (!error)
		error = conversation_start_peer(self, ours_and_peers[1]);
	if (!error)
		error = conversation_warm_up(self);
	if (error) {
		conversation_close(self);
		return error;
	}
	*state = self;
	return 0;
}
