/*
 * file-map: maps a file in the page cache, sums the words of its visits (see file-visits) in all
 * passes, and unmaps it. A call is all of that.
 *
 * way=fault takes the faults as they come; populate maps with MAP_POPULATE; advise calls
 * madvise(MADV_POPULATE_READ); kept maps once, untimed, so that only the use is timed.
 * unmap=later leaves the unmapping out of what is timed.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "faults-taken.h"
#include "file-visits.h"
#include "mechanism.h"
#include "word-sum.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#endif

/* Mappings at a time: far below the 65,530 that vm.max_map_count allows by default. */
#define MOST_CALLS 8192u

enum way { WAY_FAULT, WAY_POPULATE, WAY_ADVISE, WAY_KEPT };
static const char *const ways[] = {"fault", "populate", "advise", "kept", NULL};
static const char *const unmaps[] = {"timed", "later", NULL};

struct file_map {
	struct file_visits visits;
	enum way way;
	bool is_unmapped_later;
	/* Mapped now, with unmap=later or way=kept. */
	void *mappings[MOST_CALLS];
	size_t mapped;
	uint64_t sum;
	uint64_t faults_before;
};

static int file_map_one(const struct file_map *self, void **memory)
{
	const struct file_visits *visits = &self->visits;
	int flags = MAP_SHARED | (self->way == WAY_POPULATE ? MAP_POPULATE : 0);

	*memory = mmap(NULL, visits->span, PROT_READ, flags, visits->fd, 0);
	if (*memory == MAP_FAILED)
		return -errno;
	if (self->way == WAY_ADVISE && madvise(*memory, visits->span, MADV_POPULATE_READ) < 0)
		return -errno;
	return 0;
}

static void file_map_use(struct file_map *self, const unsigned char *memory)
{
	const struct file_visits *visits = &self->visits;

	for (uint64_t pass = 0; pass < visits->passes; pass++)
		for (size_t at = 0; at < visits->count; at++)
			self->sum += word_sum(memory + visits->offsets[at], visits->visit);
}

static int file_map_unmap_all(struct file_map *self)
{
	int error = 0;

	while (self->mapped > 0)
		if (munmap(self->mappings[--self->mapped], self->visits.span) < 0)
			error = -errno;
	return error;
}

static void file_map_close(void *state)
{
	struct file_map *self = state;

	file_map_unmap_all(self);
	file_visits_close(&self->visits);
	free(self);
}

static int file_map_open(void **state, struct parameters *parameters)
{
	struct file_map *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->way = (enum way)parameter_choice(parameters, "way", ways);
	self->is_unmapped_later = parameter_choice(parameters, "unmap", unmaps) == 1;
	error = file_visits_open(&self->visits, parameters);
	if (!error) {
		void *memory;

		/* Once untimed, so that no block pays for this program's own first time. */
		error = file_map_one(self, &memory);
		if (error && self->way == WAY_ADVISE)
			mechanism_refused("madvise(MADV_POPULATE_READ) (since Linux 5.14)");
		if (!error) {
			self->mappings[self->mapped++] = memory;
			file_map_use(self, memory);
		}
	}
	if (!error && self->way != WAY_KEPT)
		error = file_map_unmap_all(self);
	if (error) {
		file_map_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int file_map_ready(void *state, uint64_t calls)
{
	struct file_map *self = state;

	(void)calls;
	self->sum = 0;
	return faults_taken(&self->faults_before);
}

static int file_map_run(void *state, uint64_t calls)
{
	struct file_map *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		void *memory;
		int error;

		if (self->way == WAY_KEPT) {
			file_map_use(self, self->mappings[0]);
			continue;
		}
		error = file_map_one(self, &memory);
		if (error)
			return error;
		file_map_use(self, memory);
		if (self->is_unmapped_later)
			self->mappings[self->mapped++] = memory;
		else if (munmap(memory, self->visits.span) < 0)
			return -errno;
	}
	return 0;
}

static int file_map_done(void *state, uint64_t calls, struct tally *tally)
{
	struct file_map *self = state;
	uint64_t after = 0;
	int error = faults_taken(&after);

	if (error)
		return error;
	if (self->sum != self->visits.sum * calls)
		return -EIO;
	tally_count(tally, "faults", after - self->faults_before);
	tally_count(tally, "pages", self->visits.pages * calls);
	return self->way == WAY_KEPT ? 0 : file_map_unmap_all(self);
}

MECHANISM(file_map_mechanism) = {
	.name = "file-map",
	.most_calls = MOST_CALLS,
	.open = file_map_open,
	.ready = file_map_ready,
	.run = file_map_run,
	.done = file_map_done,
	.close = file_map_close,
};
