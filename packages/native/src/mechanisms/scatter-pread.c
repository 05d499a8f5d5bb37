/*
 * scatter-pread: scattered pieces of a file, each by a call of its own: pread, or lseek and read. A
 * call is all pieces once; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mechanism.h"
#include "pieces.h"

struct scatter_pread {
	struct pieces pieces;
	bool seeks;
	uint64_t system_calls; /* of this block */
};

static void scatter_pread_close(void *state)
{
	struct scatter_pread *self = state;

	pieces_close(&self->pieces);
	free(self);
}

static int scatter_pread_open(void **state, struct parameters *parameters)
{
	static const char *const ways[] = {"pread", "lseek-read", NULL};
	struct scatter_pread *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->seeks = parameter_choice(parameters, "by", ways) == 1;
	error = pieces_open(&self->pieces, parameters, PIECES_SHUFFLED);
	if (!error)
		error = pieces_file(&self->pieces);
	if (error)
		scatter_pread_close(self);
	else
		*state = self;
	return error;
}

static int scatter_pread_ready(void *state, uint64_t calls)
{
	struct scatter_pread *self = state;

	(void)calls;
	self->system_calls = 0;
	pieces_spoil(&self->pieces);
	return 0;
}

static int scatter_pread_once(const struct pieces *pieces, uint64_t *system_calls)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		ssize_t got = pread(pieces->fd, pieces_buffer(pieces, i), pieces->bytes,
				    (off_t)pieces->offsets[i]);

		++*system_calls;
		if (got != (ssize_t)pieces->bytes)
			return got < 0 ? -errno : -EIO;
	}
	return 0;
}

static int scatter_seek_once(const struct pieces *pieces, uint64_t *system_calls)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		ssize_t got;

		if (lseek(pieces->fd, (off_t)pieces->offsets[i], SEEK_SET) < 0)
			return -errno;
		got = read(pieces->fd, pieces_buffer(pieces, i), pieces->bytes);
		*system_calls += 2;
		if (got != (ssize_t)pieces->bytes)
			return got < 0 ? -errno : -EIO;
	}
	return 0;
}

static int scatter_pread_run(void *state, uint64_t calls)
{
	struct scatter_pread *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		int error = self->seeks ? scatter_seek_once(&self->pieces, &self->system_calls)
					: scatter_pread_once(&self->pieces, &self->system_calls);

		if (error)
			return error;
	}
	return 0;
}

static int scatter_pread_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_pread *self = state;

	tally->events = calls * self->pieces.count;
	tally_count(tally, "systemCalls", self->system_calls);
	return pieces_verify(&self->pieces);
}

MECHANISM(scatter_pread_mechanism) = {
	.name = "scatter-pread",
	.open = scatter_pread_open,
	.ready = scatter_pread_ready,
	.run = scatter_pread_run,
	.done = scatter_pread_done,
	.close = scatter_pread_close,
};
