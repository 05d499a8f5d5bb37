/*
 * page-trap: what a hypervisor does to a guest's handler, done by a process to itself: `calls`
 * calls of a function. `monitored=1`: its page cannot be fetched, so that each call becomes a
 * SIGSEGV, whose handler records it and goes on in an executable twin of the page.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "mechanism.h"

#define MOST_CALLS 65536u

#ifdef __x86_64__

struct page_trap {
	uint64_t calls;
	uint64_t recorded;
	uint64_t recorded_before;
	size_t page_bytes;
	/* Two pages with the same code; the second is the twin. */
	unsigned char *code;
	uint64_t (*function)(uint64_t sum);
	uint64_t sum;
	int is_monitored;
};

/* One in a process: the signal's handler must find it. */
static struct page_trap *watched;

/* lea 1(%rdi), %rax; ret */
static const unsigned char increment[] = {0x48, 0x8d, 0x47, 0x01, 0xc3};

static void page_trap_handle(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *state = context;
	greg_t *counter = &state->uc_mcontext.gregs[REG_RIP];

	if (*counter != (greg_t)(uintptr_t)watched->code || info->si_addr != watched->code) {
		/* Not ours: happens again, and then ends the process as it should. */
		signal(signal_number, SIG_DFL);
		return;
	}
	watched->recorded++;
	*counter += (greg_t)watched->page_bytes;
}

static int page_trap_prepare(struct page_trap *self)
{
	struct sigaction action = {.sa_sigaction = page_trap_handle, .sa_flags = SA_SIGINFO};
	void *memory;

	self->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, 2 * self->page_bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	self->code = memory;
	memcpy(self->code, increment, sizeof(increment));
	memcpy(self->code + self->page_bytes, increment, sizeof(increment));
	if (mprotect(memory, 2 * self->page_bytes, PROT_READ | PROT_EXEC) < 0)
		return -errno;
	if (self->is_monitored && mprotect(memory, self->page_bytes, PROT_NONE) < 0)
		return -errno;
	memcpy(&self->function, &memory, sizeof(memory));
	watched = self;
	return sigaction(SIGSEGV, &action, NULL) < 0 ? -errno : 0;
}

static void page_trap_close(void *state)
{
	struct page_trap *self = state;

	if (self->code)
		munmap(self->code, 2 * self->page_bytes);
	free(self);
}

static int page_trap_open(void **state, struct parameters *parameters)
{
	uint64_t calls = parameter_number(parameters, "calls", 1);
	uint64_t monitored = parameter_number(parameters, "monitored", 0);
	struct page_trap *self;
	int error;

	if (calls < 1 || calls > MOST_CALLS || monitored > 1)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->calls = calls;
	self->is_monitored = monitored == 1;
	error = page_trap_prepare(self);
	if (error) {
		mechanism_refused("a page of code of its own");
		page_trap_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int page_trap_ready(void *state, uint64_t calls)
{
	struct page_trap *self = state;

	(void)calls;
	self->recorded_before = self->recorded;
	self->sum = 0;
	return 0;
}

static int page_trap_run(void *state, uint64_t calls)
{
	struct page_trap *self = state;

	for (uint64_t event = 0; event < calls; event++)
		for (uint64_t call = 0; call < self->calls; call++)
			self->sum = self->function(self->sum);
	return 0;
}

static int page_trap_done(void *state, uint64_t calls, struct tally *tally)
{
	struct page_trap *self = state;
	uint64_t recorded = self->recorded - self->recorded_before;
	uint64_t made = calls * self->calls;

	if (self->sum != made || recorded != (self->is_monitored ? made : 0)) {
		mechanism_refused("calls were lost");
		return -EIO;
	}
	tally_count(tally, "calls", made);
	tally_count(tally, "recorded", recorded);
	return 0;
}

#else

static int page_trap_open(void **state, struct parameters *parameters)
{
	(void)state;
	(void)parameters;
	mechanism_refused("generated code (x86)");
	return -ENOTSUP;
}

static int page_trap_ready(void *state, uint64_t calls)
{
	(void)state;
	(void)calls;
	return 0;
}

static int page_trap_run(void *state, uint64_t calls)
{
	return page_trap_ready(state, calls);
}

static int page_trap_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)tally;
	return page_trap_ready(state, calls);
}

static void page_trap_close(void *state)
{
	(void)state;
}

#endif

MECHANISM(page_trap_mechanism) = {
	.name = "page-trap",
	.open = page_trap_open,
	.ready = page_trap_ready,
	.run = page_trap_run,
	.done = page_trap_done,
	.close = page_trap_close,
};
