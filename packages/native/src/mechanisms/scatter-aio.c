/*
 * scatter-aio: scattered pieces as one batch of the older asynchronous interface of Linux, by its
 * raw system calls: io_submit, which on a buffered file does the reads itself, and io_getevents. A
 * call is one batch; the events are the pieces.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanism.h"
#include "pieces.h"

struct scatter_aio {
	struct pieces pieces;
	aio_context_t context;
	struct iocb requests[PIECES_MOST];
	struct iocb *list[PIECES_MOST];
	struct io_event events[PIECES_MOST];
	uint64_t system_calls; /* of this block */
};

static void scatter_aio_close(void *state)
{
	struct scatter_aio *self = state;

	if (self->context)
		syscall(SYS_io_destroy, self->context);
	pieces_close(&self->pieces);
	free(self);
}

static int scatter_aio_open(void **state, struct parameters *parameters)
{
	struct scatter_aio *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = pieces_open(&self->pieces, parameters, PIECES_SHUFFLED);
	if (!error)
		error = pieces_file(&self->pieces);
	if (!error && syscall(SYS_io_setup, self->pieces.count, &self->context) < 0) {
		error = -errno;
		mechanism_refused("io_setup (fs.aio-max-nr, or a seccomp filter)");
	}
	if (error) {
		scatter_aio_close(self);
		return error;
	}
	for (unsigned int i = 0; i < self->pieces.count; i++) {
		self->list[i] = &self->requests[i];
		self->requests[i] = (struct iocb){
			.aio_lio_opcode = IOCB_CMD_PREAD,
			.aio_fildes = (uint32_t)self->pieces.fd,
			.aio_buf = (uint64_t)(uintptr_t)pieces_buffer(&self->pieces, i),
			.aio_nbytes = self->pieces.bytes,
			.aio_offset = (int64_t)self->pieces.offsets[i],
		};
	}
	*state = self;
	return 0;
}

static int scatter_aio_ready(void *state, uint64_t calls)
{
	struct scatter_aio *self = state;

	(void)calls;
	self->system_calls = 0;
	pieces_spoil(&self->pieces);
	return 0;
}

static int scatter_aio_once(struct scatter_aio *self)
{
	long count = (long)self->pieces.count;
	long done = 0;

	while (done < count) {
		long took = syscall(SYS_io_submit, self->context, count - done, self->list + done);

		self->system_calls++;
		if (took <= 0)
			return took < 0 ? -errno : -EAGAIN;
		done += took;
	}
	for (done = 0; done < count;) {
		long got = syscall(SYS_io_getevents, self->context, count - done, count - done,
				   self->events + done, NULL);

		self->system_calls++;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		done += got;
	}
	for (long i = 0; i < count; i++)
		if (self->events[i].res != (int64_t)self->pieces.bytes)
			return -EIO;
	return 0;
}

static int scatter_aio_run(void *state, uint64_t calls)
{
	struct scatter_aio *self = state;

	for (uint64_t call = 0; call < calls; call++) {
		int error = scatter_aio_once(self);

		if (error)
			return error;
	}
	return 0;
}

static int scatter_aio_done(void *state, uint64_t calls, struct tally *tally)
{
	struct scatter_aio *self = state;

	tally->events = calls * self->pieces.count;
	tally_count(tally, "systemCalls", self->system_calls);
	return pieces_verify(&self->pieces);
}

MECHANISM(scatter_aio_mechanism) = {
	.name = "scatter-aio",
	.open = scatter_aio_open,
	.ready = scatter_aio_ready,
	.run = scatter_aio_run,
	.done = scatter_aio_done,
	.close = scatter_aio_close,
};
