/* uring-unbatched, wasteful: enters the kernel for each read. [reads] */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Reads handed over by one io_uring_enter. */
#define BATCH 1
#define ENTRIES 64
#define RECORD_BYTES 16

struct ring {
	int fd;
	_Atomic unsigned *sq_tail;
	unsigned *sq_array;
	_Atomic unsigned *cq_head;
	_Atomic unsigned *cq_tail;
	struct io_uring_cqe *cqes;
	struct io_uring_sqe *sqes;
	unsigned sq_mask;
	unsigned cq_mask;
};

static int ring_open(struct ring *ring)
{
	struct io_uring_params given = {0};
	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &given);
	if (ring->fd < 0 || !(given.features & IORING_FEAT_SINGLE_MMAP))
		return -1;
	size_t bytes = given.cq_off.cqes + given.cq_entries * sizeof(struct io_uring_cqe);
	if (bytes < given.sq_off.array + given.sq_entries * sizeof(unsigned))
		bytes = given.sq_off.array + given.sq_entries * sizeof(unsigned);
	char *rings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			   IORING_OFF_SQ_RING);
	ring->sqes =
		mmap(NULL, given.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	if (rings == MAP_FAILED || ring->sqes == MAP_FAILED)
		return -1;
	ring->sq_tail = (_Atomic unsigned *)(rings + given.sq_off.tail);
	ring->sq_array = (unsigned *)(rings + given.sq_off.array);
	ring->sq_mask = *(unsigned *)(rings + given.sq_off.ring_mask);
	ring->cq_head = (_Atomic unsigned *)(rings + given.cq_off.head);
	ring->cq_tail = (_Atomic unsigned *)(rings + given.cq_off.tail);
	ring->cq_mask = *(unsigned *)(rings + given.cq_off.ring_mask);
	ring->cqes = (struct io_uring_cqe *)(rings + given.cq_off.cqes);
	return 0;
}

static void ring_add(struct ring *ring, int file, char *to, unsigned long long offset)
{
	unsigned tail = atomic_load_explicit(ring->sq_tail, memory_order_relaxed);
	unsigned index = tail & ring->sq_mask;

	ring->sqes[index] = (struct io_uring_sqe){.opcode = IORING_OP_READ,
						  .fd = file,
						  .addr = (unsigned long long)(size_t)to,
						  .len = RECORD_BYTES,
						  .off = offset};
	ring->sq_array[index] = index;
	atomic_store_explicit(ring->sq_tail, tail + 1, memory_order_release);
}

static long ring_take(struct ring *ring)
{
	unsigned head = atomic_load_explicit(ring->cq_head, memory_order_relaxed);
	long bytes = 0;

	while (head != atomic_load_explicit(ring->cq_tail, memory_order_acquire))
		bytes += ring->cqes[head++ & ring->cq_mask].res;
	atomic_store_explicit(ring->cq_head, head, memory_order_release);
	return bytes;
}

int main(int argc, char **argv)
{
	long reads = argc > 1 ? atol(argv[1]) : 512000;
	struct ring ring;
	char records[BATCH][RECORD_BYTES];
	long bytes = 0;
	int file = open("/etc/profile", O_RDONLY | O_CLOEXEC);

	if (file < 0 || ring_open(&ring) < 0)
		return 1;
	for (long i = 0; i < reads; i += BATCH) {
		for (long j = 0; j < BATCH; j++)
			ring_add(&ring, file, records[j],
				 (unsigned long long)((i + j) % 32 * RECORD_BYTES));
		if (syscall(SYS_io_uring_enter, ring.fd, BATCH, BATCH, IORING_ENTER_GETEVENTS, NULL,
			    0) < 0)
			return 1;
		bytes += ring_take(&ring);
	}
	printf("%ld\n", bytes);
	return 0;
}
