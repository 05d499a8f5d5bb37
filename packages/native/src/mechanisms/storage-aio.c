/*
 * storage-aio: `depth` reads in flight by the older asynchronous interface of Linux: io_submit for
 * all that can begin, io_getevents for all that has ended. An event is one read.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanism.h"
#include "storage-file.h"

struct storage_aio {
	struct storage_file file;
	aio_context_t context;
	struct iocb requests[STORAGE_DEPTH_MAX];
	struct iocb *list[STORAGE_DEPTH_MAX];
	struct io_event events[STORAGE_DEPTH_MAX];
};

static int storage_aio_open(void **state, struct parameters *parameters)
{
	struct storage_aio *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = storage_file_open(&self->file, parameters);
	if (error) {
		free(self);
		return error;
	}
	if (syscall(SYS_io_setup, self->file.depth, &self->context) < 0) {
		error = -errno;
		mechanism_refused("io_setup (fs.aio-max-nr, or a seccomp filter)");
		storage_file_close(&self->file);
		free(self);
		return error;
	}
	*state = self;
	return 0;
}

static void storage_aio_prepare(struct storage_aio *self, unsigned int slot)
{
	self->requests[slot] = (struct iocb){
		.aio_data = slot,
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = (uint32_t)self->file.fd,
		.aio_buf = (uint64_t)(uintptr_t)storage_buffer(&self->file, slot),
		.aio_nbytes = self->file.piece,
		.aio_offset = (int64_t)storage_next(&self->file),
	};
}

/* Begins the first `count` of the list. Returns 0 or -errno. */
static int storage_aio_submit(struct storage_aio *self, unsigned int count)
{
	for (unsigned int begun = 0; begun < count;) {
		long taken = syscall(SYS_io_submit, self->context, (long)(count - begun),
				     self->list + begun);

		self->file.calls++;
		if (taken <= 0)
			return taken < 0 ? -errno : -EAGAIN;
		begun += (unsigned int)taken;
	}
	return 0;
}

static int storage_aio_run(void *state, uint64_t calls)
{
	struct storage_aio *self = state;
	uint64_t begun = 0, ended = 0;
	unsigned int ready = 0;
	int error;

	for (; ready < self->file.depth && begun < calls; ready++, begun++) {
		storage_aio_prepare(self, ready);
		self->list[ready] = &self->requests[ready];
	}
	while (ended < calls) {
		long found;

		error = storage_aio_submit(self, ready);
		if (error)
			return error;
		found = syscall(SYS_io_getevents, self->context, 1L, (long)self->file.depth,
				self->events, NULL);
		self->file.calls++;
		if (found < 0)
			return -errno;
		ready = 0;
		for (long i = 0; i < found; i++) {
			unsigned int slot = (unsigned int)self->events[i].data;

			if (self->events[i].res != (int64_t)self->file.piece)
				return -EIO;
			ended++;
			if (begun == calls)
				continue;
			storage_aio_prepare(self, slot);
			self->list[ready++] = &self->requests[slot];
			begun++;
		}
	}
	return 0;
}

static int storage_aio_ready(void *state, uint64_t calls)
{
	struct storage_aio *self = state;

	(void)calls;
	self->file.calls = 0;
	return 0;
}

static int storage_aio_done(void *state, uint64_t calls, struct tally *tally)
{
	struct storage_aio *self = state;

	(void)calls;
	tally_count(tally, "calls", self->file.calls);
	return 0;
}

static void storage_aio_close(void *state)
{
	struct storage_aio *self = state;

	syscall(SYS_io_destroy, self->context);
	storage_file_close(&self->file);
	free(self);
}

MECHANISM(storage_aio_mechanism) = {
	.name = "storage-aio",
	.open = storage_aio_open,
	.ready = storage_aio_ready,
	.run = storage_aio_run,
	.done = storage_aio_done,
	.close = storage_aio_close,
};
