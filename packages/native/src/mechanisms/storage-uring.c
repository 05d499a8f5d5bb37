/*
 * storage-uring: `depth` reads in flight by an io_uring. `way` is "plain", "fixed" (file and
 * buffers registered), "poller" (the kernel's thread takes the requests) or "polled" (completions
 * are looked for on the device, without interrupts). An event is one read.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "mechanism.h"
#include "storage-file.h"
#include "uring.h"

#define POLLER_IDLE_MS 1000u

enum way { WAY_PLAIN, WAY_FIXED, WAY_POLLER, WAY_POLLED };
static const char *const ways[] = {"plain", "fixed", "poller", "polled", NULL};

struct storage_uring {
	struct storage_file file;
	struct uring uring;
	enum way way;
	uint64_t enters_before;
};

static uint32_t storage_uring_flags(enum way way)
{
	switch (way) {
	case WAY_POLLER:
		return IORING_SETUP_SQPOLL;
	case WAY_POLLED:
		return IORING_SETUP_IOPOLL;
	default:
		return 0;
	}
}

static int storage_uring_set_up(struct storage_uring *self)
{
	struct uring_options options = {.entries = self->file.depth,
					.idle_ms = POLLER_IDLE_MS,
					.flags = storage_uring_flags(self->way)};
	struct iovec all = {.iov_base = self->file.memory,
			    .iov_len = (size_t)self->file.depth * self->file.piece};
	int error = uring_open(&self->uring, &options);

	if (error) {
		mechanism_refused(uring_refusal(error));
		return error;
	}
	if (self->way == WAY_FIXED) {
		error = uring_register_files(&self->uring, &self->file.fd, 1);
		if (!error)
			error = uring_register_buffers(&self->uring, &all, 1);
		if (error)
			mechanism_refused("pinning buffers for io_uring (ulimit -l)");
	}
	if (error)
		uring_close(&self->uring);
	return error;
}

static int storage_uring_begin(struct storage_uring *self, unsigned int slot)
{
	struct io_uring_sqe *sqe;

	/* The kernel's thread may still be taking the entry of a read that has ended. */
	while (!(sqe = uring_next(&self->uring))) {
		int error = uring_submit(&self->uring, 0);

		if (error < 0)
			return error;
	}
	uring_read(sqe, self->file.fd, storage_buffer(&self->file, slot), self->file.piece,
		   storage_next(&self->file), slot);
	if (self->way != WAY_FIXED)
		return 0;
	sqe->opcode = IORING_OP_READ_FIXED;
	sqe->flags = IOSQE_FIXED_FILE;
	sqe->fd = 0;
	return 0;
}

static int storage_uring_run(void *state, uint64_t calls)
{
	struct storage_uring *self = state;
	uint64_t begun = 0, ended = 0;
	int error = 0;

	for (; !error && begun < self->file.depth && begun < calls; begun++)
		error = storage_uring_begin(self, (unsigned int)begun);
	while (!error && ended < calls) {
		const struct io_uring_cqe *cqe;

		error = uring_submit(&self->uring, 1);
		if (error < 0)
			return error;
		error = 0;
		while (!error && (cqe = uring_completion(&self->uring))) {
			unsigned int slot = (unsigned int)cqe->user_data;
			int result = cqe->res;

			uring_seen(&self->uring);
			if (result != (int)self->file.piece) {
				if (result == -EOPNOTSUPP && self->way == WAY_POLLED)
					mechanism_refused("a disk whose completions can be polled");
				return result < 0 ? result : -EIO;
			}
			ended++;
			if (begun < calls) {
				error = storage_uring_begin(self, slot);
				begun++;
			}
		}
	}
	return error;
}

static int storage_uring_open(void **state, struct parameters *parameters)
{
	struct storage_uring *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->way = (enum way)parameter_choice(parameters, "way", ways);
	error = storage_file_open(&self->file, parameters);
	if (!error) {
		error = storage_uring_set_up(self);
		if (error)
			storage_file_close(&self->file);
	}
	if (error) {
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static int storage_uring_ready(void *state, uint64_t calls)
{
	struct storage_uring *self = state;

	(void)calls;
	self->enters_before = self->uring.enters;
	return 0;
}

static int storage_uring_done(void *state, uint64_t calls, struct tally *tally)
{
	struct storage_uring *self = state;

	(void)calls;
	tally_count(tally, "calls", self->uring.enters - self->enters_before);
	return 0;
}

static void storage_uring_close(void *state)
{
	struct storage_uring *self = state;

	uring_close(&self->uring);
	storage_file_close(&self->file);
	free(self);
}

MECHANISM(storage_uring_mechanism) = {
	.name = "storage-uring",
	.open = storage_uring_open,
	.ready = storage_uring_ready,
	.run = storage_uring_run,
	.done = storage_uring_done,
	.close = storage_uring_close,
};
