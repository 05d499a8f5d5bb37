/* Reads 4 KiB pieces through io_uring, 64 for each call: batched as it should be. */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { BATCH = 64, PIECE = 4096, PIECES = 4096, PASSES = 40 };

static char buffers[BATCH][PIECE];

static int prepare(const char *path)
{
	int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	memset(buffers, 'x', sizeof buffers);
	for (int at = 0; file >= 0 && at < PIECES / BATCH; at++)
		if (write(file, buffers, sizeof buffers) != (ssize_t)sizeof buffers)
			return -1;
	return file;
}

int main(void)
{
	struct io_uring_params given = {0};
	int ring = (int)syscall(SYS_io_uring_setup, BATCH, &given);
	if (ring < 0)
		return puts("no io_uring") < 0;
	size_t ring_bytes = given.cq_off.cqes + given.cq_entries * sizeof(struct io_uring_cqe);
	size_t entry_bytes = given.sq_entries * sizeof(struct io_uring_sqe);
	int flags = MAP_SHARED | MAP_POPULATE;
	char *shared =
		mmap(NULL, ring_bytes, PROT_READ | PROT_WRITE, flags, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entries =
		mmap(NULL, entry_bytes, PROT_READ | PROT_WRITE, flags, ring, IORING_OFF_SQES);
	int file = prepare("pieces");
	if (shared == MAP_FAILED || (void *)entries == MAP_FAILED || file < 0)
		return 1;
	uint32_t *tail = (uint32_t *)(void *)(shared + given.sq_off.tail);
	uint32_t *order = (uint32_t *)(void *)(shared + given.sq_off.array);
	uint32_t *head = (uint32_t *)(void *)(shared + given.cq_off.head);
	for (int first = 0; first < PASSES * PIECES; first += BATCH) {
		for (int at = 0; at < BATCH; at++) {
			entries[at] = (struct io_uring_sqe){
				.opcode = IORING_OP_READ, .fd = file, .len = PIECE};
			entries[at].addr = (uint64_t)(uintptr_t)buffers[at];
			entries[at].off = (uint64_t)((first + at) % PIECES) * PIECE;
			order[at] = (uint32_t)at;
		}
		__atomic_store_n(tail, *tail + BATCH, __ATOMIC_RELEASE);
		if (syscall(SYS_io_uring_enter, ring, BATCH, BATCH, IORING_ENTER_GETEVENTS, NULL,
			    0) != BATCH)
			return 1;
		__atomic_store_n(head, *head + BATCH, __ATOMIC_RELEASE);
	}
	puts("batched");
	return unlink("pieces");
}
