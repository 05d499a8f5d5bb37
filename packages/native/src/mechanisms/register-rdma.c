/*
 * register-rdma: registers memory with a real RDMA device (ibv_reg_mr): pinning its pages, and
 * telling the device where they are. A call registers all of it once; releasing is not timed.
 * `device` is a device's name; without it the first one that is hardware is taken.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mechanism.h"
#include "rdma-library.h"

#define MOST_BYTES (256u << 20)
#define LEAST_BYTES 4096u
/* IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ of verbs.h. */
#define ACCESS 7

struct register_rdma {
	struct rdma_library library;
	struct ibv_context *context;
	struct ibv_pd *domain;
	struct ibv_mr *region;
	void *memory;
	size_t bytes;
};

static void register_rdma_close(void *state)
{
	struct register_rdma *self = state;

	if (self->domain)
		self->library.dealloc_pd(self->domain);
	if (self->context)
		self->library.close_device(self->context);
	if (self->library.loaded)
		rdma_library_close(&self->library);
	if (self->memory != MAP_FAILED)
		munmap(self->memory, self->bytes);
	free(self);
}

/* What was asked for, as text. */
struct register_rdma_order {
	const char *library, *devices, *device;
};

static int register_rdma_set_up(struct register_rdma *self, const struct register_rdma_order *order)
{
	int error = rdma_library_open(&self->library, order->library);

	if (error) {
		self->library.loaded = NULL;
		return error;
	}
	error = rdma_library_device(&self->library, order->devices, order->device, &self->context);
	if (error)
		return error;
	self->domain = self->library.alloc_pd(self->context);
	if (!self->domain)
		return -EIO;
	self->memory = mmap(NULL, self->bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return self->memory == MAP_FAILED ? -errno : 0;
}

static int register_rdma_open(void **state, struct parameters *parameters)
{
	const struct register_rdma_order order = {
		.library = parameter_text(parameters, "library", "libibverbs.so.1"),
		.devices = parameter_text(parameters, "devices", "/sys/class/infiniband"),
		.device = parameter_text(parameters, "device", ""),
	};
	uint64_t bytes = parameter_number(parameters, "bytes", 1u << 20);
	struct register_rdma *self;
	int error;

	if (bytes < LEAST_BYTES || bytes > MOST_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->bytes = (size_t)bytes;
	self->memory = MAP_FAILED;
	error = register_rdma_set_up(self, &order);
	if (error) {
		register_rdma_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int register_rdma_run(void *state, uint64_t calls)
{
	struct register_rdma *self = state;

	(void)calls;
	self->region = self->library.reg_mr(self->domain, self->memory, self->bytes, ACCESS);
	return self->region ? 0 : -EIO;
}

static int register_rdma_done(void *state, uint64_t calls, struct tally *tally)
{
	struct register_rdma *self = state;

	(void)calls;
	(void)tally;
	return self->library.dereg_mr(self->region) == 0 ? 0 : -EIO;
}

MECHANISM(register_rdma_mechanism) = {
	.name = "register-rdma",
	.most_calls = 1,
	.open = register_rdma_open,
	.run = register_rdma_run,
	.done = register_rdma_done,
	.close = register_rdma_close,
};
