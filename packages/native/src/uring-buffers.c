/* uring-buffers: buffers that the kernel itself picks for what arrives. */
#define _GNU_SOURCE 1
#include "uring-buffers.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *buffers_map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int uring_buffers_open(struct uring_buffers *buffers, const struct uring *uring, unsigned int count,
		       unsigned int bytes)
{
	struct io_uring_buf_reg group = {.ring_entries = count};

	*buffers = (struct uring_buffers){.count = count, .bytes = bytes};
	buffers->ring = buffers_map(count * sizeof(struct io_uring_buf));
	buffers->memory = buffers_map((size_t)count * bytes);
	if (!buffers->ring || !buffers->memory) {
		uring_buffers_close(buffers);
		return -ENOMEM;
	}
	group.ring_addr = (uint64_t)(uintptr_t)buffers->ring;
	if (syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_PBUF_RING, &group, 1) < 0) {
		int error = -errno;

		uring_buffers_close(buffers);
		return error;
	}
	for (unsigned int id = 0; id < count; id++)
		uring_buffer_return(buffers, id);
	return 0;
}

void uring_buffers_close(struct uring_buffers *buffers)
{
	if (buffers->ring)
		munmap(buffers->ring, buffers->count * sizeof(struct io_uring_buf));
	if (buffers->memory)
		munmap(buffers->memory, (size_t)buffers->count * buffers->bytes);
	*buffers = (struct uring_buffers){0};
}
