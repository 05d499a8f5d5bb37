/*
 * file-read: a loop of reads over a file in the page cache into one small buffer, whose words are
 * then summed. A call is the whole loop, all passes; each visit (see file-visits) is one pread.
 * `use=none` leaves the sum out, which prices the copy alone.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faults-taken.h"
#include "file-visits.h"
#include "mechanism.h"
#include "word-sum.h"

static const char *const uses[] = {"all", "none", NULL};

struct file_read {
	struct file_visits visits;
	void *buffer;
	bool is_summed;
	uint64_t sum;
	uint64_t faults_before;
};

static void file_read_close(void *state)
{
	struct file_read *self = state;

	file_visits_close(&self->visits);
	free(self->buffer);
	free(self);
}

static int file_read_open(void **state, struct parameters *parameters)
{
	struct file_read *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->is_summed = parameter_choice(parameters, "use", uses) == 0;
	error = file_visits_open(&self->visits, parameters);
	if (!error && posix_memalign(&self->buffer, 4096, self->visits.visit) != 0)
		error = -ENOMEM;
	if (error) {
		file_read_close(self);
		return error;
	}
	memset(self->buffer, 0, self->visits.visit); /* Or the first block would fault in it. */
	*state = self;
	return 0;
}

static int file_read_ready(void *state, uint64_t calls)
{
	struct file_read *self = state;

	(void)calls;
	self->sum = 0;
	return faults_taken(&self->faults_before);
}

static int file_read_run(void *state, uint64_t calls)
{
	struct file_read *self = state;
	const struct file_visits *visits = &self->visits;

	for (uint64_t pass = 0; pass < calls * visits->passes; pass++)
		for (size_t at = 0; at < visits->count; at++) {
			if (pread(visits->fd, self->buffer, visits->visit,
				  (off_t)visits->offsets[at]) != (ssize_t)visits->visit)
				return -EIO;
			if (self->is_summed)
				self->sum += word_sum(self->buffer, visits->visit);
		}
	return 0;
}

static int file_read_done(void *state, uint64_t calls, struct tally *tally)
{
	struct file_read *self = state;
	uint64_t after = 0;
	int error = faults_taken(&after);

	if (error)
		return error;
	if (self->is_summed && self->sum != self->visits.sum * calls)
		return -EIO;
	tally_count(tally, "faults", after - self->faults_before);
	tally_count(tally, "pages", self->visits.pages * calls);
	tally_count(tally, "reads", self->visits.count * self->visits.passes * calls);
	return 0;
}

MECHANISM(file_read_mechanism) = {
	.name = "file-read",
	.open = file_read_open,
	.ready = file_read_ready,
	.run = file_read_run,
	.done = file_read_done,
	.close = file_read_close,
};
