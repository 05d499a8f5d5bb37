/* ring.c: operations of io_uring, without liburing: ring NOPS READS [polled] */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READ_BYTES 512

struct ring {
	int fd;
	char *rings;
	struct io_uring_sqe *entries;
	struct io_uring_params parameters;
};

static uint32_t *ring_at(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(void *)(ring->rings + offset);
}

static void *ring_map(const struct ring *ring, size_t bytes, off_t what)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			    ring->fd, what);

	if (memory == MAP_FAILED)
		err(1, "mmap of a ring");
	return memory;
}

/* `polled`: a thread of the kernel submits what it finds in the ring. */
static void ring_open(struct ring *ring, int polled)
{
	size_t bytes;

	memset(ring, 0, sizeof(*ring));
	ring->parameters.flags = polled ? IORING_SETUP_SQPOLL : 0;
	ring->fd = (int)syscall(SYS_io_uring_setup, 1, &ring->parameters);
	if (ring->fd < 0)
		err(3, "io_uring_setup");
	if (!(ring->parameters.features & IORING_FEAT_SINGLE_MMAP))
		errx(3, "a kernel before Linux 5.4");
	bytes = ring->parameters.cq_off.cqes +
		ring->parameters.cq_entries * sizeof(struct io_uring_cqe);
	ring->rings = ring_map(ring, bytes, IORING_OFF_SQ_RING);
	ring->entries = ring_map(ring, sizeof(struct io_uring_sqe), IORING_OFF_SQES);
}

/* Submits one operation and waits for it; returns its result. */
static int ring_do(struct ring *ring, const struct io_uring_sqe *entry)
{
	const struct io_sqring_offsets *sq = &ring->parameters.sq_off;
	const struct io_cqring_offsets *cq = &ring->parameters.cq_off;
	uint32_t head = *ring_at(ring, cq->head);
	const struct io_uring_cqe *done;

	ring->entries[0] = *entry;
	*ring_at(ring, sq->array) = 0;
	__atomic_add_fetch(ring_at(ring, sq->tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1,
		    IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0) != 1)
		err(1, "io_uring_enter");
	if (__atomic_load_n(ring_at(ring, cq->tail), __ATOMIC_ACQUIRE) == head)
		errx(1, "nothing completed");
	done = (const struct io_uring_cqe *)(void *)(ring->rings + cq->cqes);
	done += head & *ring_at(ring, cq->ring_mask);
	__atomic_store_n(ring_at(ring, cq->head), head + 1, __ATOMIC_RELEASE);
	return done->res;
}

int main(int argc, char *argv[])
{
	static char buffer[READ_BYTES];
	struct io_uring_sqe nop = {.opcode = IORING_OP_NOP};
	struct io_uring_sqe read = {.opcode = IORING_OP_READ,
				    /* From a worker thread of the kernel, not on our own. */
				    .flags = IOSQE_ASYNC,
				    .addr = (uintptr_t)buffer,
				    .len = READ_BYTES};
	struct ring ring;

	if (argc < 3)
		return 2;
	ring_open(&ring, argc > 3);
	read.fd = open("/dev/zero", O_RDONLY);
	for (long i = atol(argv[1]); i > 0; i--)
		if (ring_do(&ring, &nop))
			errx(1, "a no-op failed");
	for (long i = atol(argv[2]); i > 0; i--)
		if (ring_do(&ring, &read) != READ_BYTES)
			errx(1, "a read failed");
	return 0;
}
