/* fault-anonymous: the first write to a page of fresh private memory, which the kernel must zero.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults-taken.h"
#include "mechanism.h"

/* 16 MiB with pages of 4 KiB: beyond the second-level cache, as fresh memory mostly is. */
#define MOST_PAGES 4096

struct fault_anonymous {
	size_t page_bytes;
	size_t mapped_bytes;
	unsigned char *memory;
	uint64_t faults_before;
};

static int fault_anonymous_ready(void *state, uint64_t calls)
{
	struct fault_anonymous *self = state;
	size_t bytes = (size_t)calls * self->page_bytes;
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	self->memory = memory;
	self->mapped_bytes = bytes;
	/* One fault a page. EINVAL: a kernel without huge pages, which needs no such advice. */
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		return -errno;
	return faults_taken(&self->faults_before);
}

static int fault_anonymous_run(void *state, uint64_t calls)
{
	struct fault_anonymous *self = state;
	volatile unsigned char *page = self->memory;

	for (uint64_t call = 0; call < calls; call++, page += self->page_bytes)
		*page = 1;
	return 0;
}

static int fault_anonymous_done(void *state, uint64_t calls, struct tally *tally)
{
	struct fault_anonymous *self = state;
	uint64_t after = 0;
	int error = faults_taken(&after);

	(void)calls;
	if (error)
		return error;
	tally->events = after - self->faults_before;
	return munmap(self->memory, self->mapped_bytes) < 0 ? -errno : 0;
}

static int fault_anonymous_open(void **state, struct parameters *parameters)
{
	struct fault_anonymous *self = calloc(1, sizeof(*self));
	struct tally rehearsed;
	int error;

	(void)parameters;
	if (!self)
		return -ENOMEM;
	self->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	/* The first block must not pay for the faults of this program's own code. */
	error = fault_anonymous_ready(self, 1);
	if (!error)
		error = fault_anonymous_run(self, 1);
	if (!error)
		error = fault_anonymous_done(self, 1, &rehearsed);
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static void fault_anonymous_close(void *state)
{
	free(state); /* The mapping, if one is left, goes with the process. */
}

MECHANISM(fault_anonymous_mechanism) = {
	.name = "fault-anonymous",
	.most_calls = MOST_PAGES,
	.open = fault_anonymous_open,
	.ready = fault_anonymous_ready,
	.run = fault_anonymous_run,
	.done = fault_anonymous_done,
	.close = fault_anonymous_close,
};
