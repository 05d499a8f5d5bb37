/*
 * scatter-mapping: scattered pieces copied out of a mapping that is kept and has been touched
 * before: no system calls and no faults. A call is all pieces once; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "faults-taken.h"
#include "mechanism.h"
#include "pieces.h"

struct scatter_mapping {
	struct pieces pieces;
	const unsigned char *file;
	uint64_t faults_before;
};

static void scatter_mapping_close(void *state)
{
	struct scatter_mapping *self = state;

	if (self->file)
		munmap((void *)(uintptr_t)self->file, self->pieces.range);
	pieces_close(&self->pieces);
	free(self);
}

static int scatter_mapping_map(struct scatter_mapping *self)
{
	void *file = mmap(NULL, self->pieces.range, PROT_READ, MAP_SHARED | MAP_POPULATE,
			  self->pieces.fd, 0);

	if (file == MAP_FAILED)
		return -errno;
	self->file = file;
	return 0;
}

static int scatter_mapping_open(void **state, struct parameters *parameters)
{
	struct scatter_mapping *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = pieces_open(&self->pieces, parameters, PIECES_SHUFFLED);
	if (!error)
		error = pieces_file(&self->pieces);
	if (!error)
		error = scatter_mapping_map(self);
	if (error)
		scatter_mapping_close(self);
	else
		*state = self;
	return error;
}

static int scatter_mapping_ready(void *state, uint64_t calls)
{
	struct scatter_mapping *self = state;

	(void)calls;
	pieces_spoil(&self->pieces);
	return faults_taken(&self->faults_before);
}

static int scatter_mapping_run(void *state, uint64_t calls)
{
	struct scatter_mapping *self = state;
	struct pieces *pieces = &self->pieces;

	for (uint64_t call = 0; call < calls; call++) {
		for (unsigned int i = 0; i < pieces->count; i++)
			memcpy(pieces_buffer(pieces, i), self->file + pieces->offsets[i],
			       pieces->bytes);
		__asm__ volatile("" ::: "memory"); /* Copied again next time, not once. */
	}
	return 0;
}

static int scatter_mapping_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_mapping *self = state;
	uint64_t faults = 0;
	int error = faults_taken(&faults);

	if (error)
		return error;
	tally->events = calls * self->pieces.count;
	tally_count(tally, "systemCalls", 0);
	tally_count(tally, "faults", faults - self->faults_before);
	return pieces_verify(&self->pieces);
}

MECHANISM(scatter_mapping_mechanism) = {
	.name = "scatter-mapping",
	.open = scatter_mapping_open,
	.ready = scatter_mapping_ready,
	.run = scatter_mapping_run,
	.done = scatter_mapping_done,
	.close = scatter_mapping_close,
};
