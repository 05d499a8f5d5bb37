/*
 * work-after-call: a system call, and then user code that owns `lines` cache lines and walks
 * them, each line naming the next. Together they cost more than each alone by what the kernel has
 * displaced. call=none|getppid|read (`bytes` bytes of a file in the page cache); spread=line
 * (neighbours in memory) or page (a page for each line, for the TLB).
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

/* Of every x86 and most arm64 processors. */
#define LINE_BYTES 64u
#define PAGE_BYTES 4096u
#define LINES_A_PAGE (PAGE_BYTES / LINE_BYTES)
#define MOST_LINES 16384u
#define MOST_READ_BYTES (1u << 20)

enum call { CALL_NONE, CALL_GETPPID, CALL_READ };
static const char *const call_names[] = {"none", "getppid", "read", NULL};

enum spread { BY_LINE, BY_PAGE };
static const char *const spreads[] = {"line", "page", NULL};

struct line {
	struct line *next;
	unsigned char rest[LINE_BYTES - sizeof(struct line *)];
};

struct work_after_call {
	enum call call;
	uint64_t lines;
	int fd;
	size_t read_bytes;
	unsigned char *buffer;
	struct line *memory;
	/* Where each walk ends must be where it began. */
	struct line *start;
	uint64_t walked;
};

/* Small and repeatable (xorshift64, Marsaglia 2003): the order must only not be a stride. */
static uint64_t work_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Links the lines into one ring in random order, which no prefetcher foresees. */
static int work_link(struct work_after_call *self, enum spread spread)
{
	uint32_t order[MOST_LINES];
	uint64_t seed = 0x2545f4914f6cdd1d;
	size_t places = spread == BY_PAGE ? self->lines * LINES_A_PAGE : self->lines;
	void *memory = NULL;

	if (posix_memalign(&memory, PAGE_BYTES, places * LINE_BYTES) != 0)
		return -ENOMEM;
	self->memory = memory;
	memset(memory, 0, places * LINE_BYTES);
	for (uint32_t i = 0; i < self->lines; i++) {
		uint64_t other = work_random(&seed) % (i + 1);

		order[i] = order[other];
		/* Another line of each page: the same one would fight for few places in L1. */
		order[other] = spread == BY_PAGE ? i * LINES_A_PAGE + i % LINES_A_PAGE : i;
	}
	for (uint32_t i = 0; i < self->lines; i++)
		self->memory[order[i]].next = &self->memory[order[(i + 1) % self->lines]];
	self->start = &self->memory[order[0]];
	return 0;
}

static inline int work_call(const struct work_after_call *self)
{
	if (self->call == CALL_GETPPID)
		syscall(SYS_getppid); /* Not getppid(): a C library may answer by itself. */
	else if (self->call == CALL_READ &&
		 pread(self->fd, self->buffer, self->read_bytes, 0) != (ssize_t)self->read_bytes)
		return -EIO;
	return 0;
}

static int work_after_call_run(void *state, uint64_t calls)
{
	struct work_after_call *self = state;
	struct line *line = self->start;

	for (uint64_t call = 0; call < calls; call++) {
		if (work_call(self))
			return -EIO;
		for (uint64_t left = self->lines; left > 0; left--) {
			line = line->next;
			__asm__ volatile("" : "+r"(line)); /* Every step is taken. */
		}
	}
	self->walked = line == self->start ? calls * self->lines : 0;
	return 0;
}

static int work_after_call_done(void *state, uint64_t calls, struct tally *tally)
{
	struct work_after_call *self = state;

	if (self->walked != calls * self->lines)
		return -EIO;
	tally_count(tally, "lines", self->walked);
	tally_count(tally, "bytes", self->call == CALL_READ ? calls * self->read_bytes : 0);
	return 0;
}

static void work_after_call_close(void *state)
{
	struct work_after_call *self = state;

	if (self->fd >= 0)
		close(self->fd);
	free(self->buffer);
	free(self->memory);
	free(self);
}

static int work_prepare(struct work_after_call *self, enum spread spread)
{
	if (self->call == CALL_READ) {
		void *buffer = NULL;

		if (posix_memalign(&buffer, PAGE_BYTES, self->read_bytes) != 0)
			return -ENOMEM;
		self->buffer = buffer;
		memset(buffer, 0, self->read_bytes);
		self->fd = temporary_file_open(self->read_bytes);
		if (self->fd < 0)
			return self->fd;
	}
	return self->lines ? work_link(self, spread) : 0;
}

static int work_after_call_open(void **state, struct parameters *parameters)
{
	uint64_t lines = parameter_number(parameters, "lines", 0);
	uint64_t read_bytes = parameter_number(parameters, "bytes", 65536);
	enum spread spread = (enum spread)parameter_choice(parameters, "spread", spreads);
	struct work_after_call *self;
	int error;

	if (lines > MOST_LINES || read_bytes < 1 || read_bytes > MOST_READ_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->call = (enum call)parameter_choice(parameters, "call", call_names);
	self->lines = lines;
	self->read_bytes = (size_t)read_bytes;
	self->fd = -1;
	error = work_prepare(self, spread);
	if (error) {
		work_after_call_close(self);
		return error;
	}
	*state = self;
	return 0;
}

MECHANISM(work_after_call_mechanism) = {
	.name = "work-after-call",
	.open = work_after_call_open,
	.run = work_after_call_run,
	.done = work_after_call_done,
	.close = work_after_call_close,
};
