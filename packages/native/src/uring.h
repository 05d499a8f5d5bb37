/* uring: an io_uring by its raw system calls; what stands between two crossings is inlined. */
#ifndef CROSSBILL_URING_H
#define CROSSBILL_URING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>

/* Headers older than the kernel they may meet lack these; io_uring_setup refuses what it lacks. */
#ifndef IORING_SETUP_SUBMIT_ALL
#define IORING_SETUP_SUBMIT_ALL (1U << 7) /* since Linux 5.18 */
#endif
#ifndef IORING_SETUP_COOP_TASKRUN
#define IORING_SETUP_COOP_TASKRUN (1U << 8) /* since Linux 5.19 */
#endif
#ifndef IORING_SETUP_TASKRUN_FLAG
#define IORING_SETUP_TASKRUN_FLAG (1U << 9) /* since Linux 5.19 */
#endif
#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12) /* since Linux 6.0 */
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13) /* since Linux 6.1 */
#endif

/* The kernel's own limits (IORING_MAX_ENTRIES, IORING_MAX_CQ_ENTRIES). */
#define URING_MOST_ENTRIES 32768u
#define URING_MOST_COMPLETIONS 65536u

struct uring_options {
	/* Requests that can wait to be submitted; rounded up to a power of two. */
	unsigned int entries;
	/* Completions that can wait to be reaped; 0: twice the entries. */
	unsigned int completions;
	/* IORING_SETUP_*, of those named in uring.c; else -EINVAL. */
	uint32_t flags;
	/* With IORING_SETUP_SQPOLL: how long the kernel's thread looks before it sleeps. */
	unsigned int idle_ms;
};

struct uring {
	int fd;
	uint32_t flags;
	uint32_t features; /* IORING_FEAT_* */
	unsigned int entries;
	unsigned int completions;
	/* Requests taken by uring_next; published by uring_submit. */
	uint32_t tail;
	uint32_t *sq_head;
	uint32_t *sq_tail;
	uint32_t *sq_flags;
	uint32_t *cq_head;
	uint32_t *cq_tail;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	void *rings;
	size_t rings_bytes;
	/* Calls of io_uring_enter so far: the crossings of all that this ring did. */
	uint64_t enters;
};

/*
 * Sets the ring up. Returns 0 or -errno; -ENOSYS also for a kernel before 5.5, whose rings lose
 * completions. uring_refusal says in words what an error means.
 */
int uring_open(struct uring *uring, const struct uring_options *options);
/*
 * A ring that one thread alone uses: its completions are made inside its own calls where the kernel
 * can do so (6.1), which `options->flags` need not say. Returns as uring_open does.
 */
int uring_open_alone(struct uring *uring, const struct uring_options *options);
void uring_close(struct uring *uring);
/* What the kernel refused, for the error that uring_open returned. */
const char *uring_refusal(int error);

/* Whether this kernel knows the operation, an IORING_OP_*. */
bool uring_knows(const struct uring *uring, unsigned int operation);

/*
 * Files by index (IOSQE_FIXED_FILE) and pinned buffers by index (IORING_OP_READ_FIXED). Both return
 * 0 or -errno; -ENOMEM for buffers means RLIMIT_MEMLOCK. Undone by uring_close.
 */
int uring_register_files(const struct uring *uring, const int *fds, unsigned int count);
int uring_register_buffers(const struct uring *uring, const struct iovec *buffers,
			   unsigned int count);

/*
 * Publishes what was taken with uring_next, and returns when at least `wait_for` completions can be
 * reaped: in one crossing, or in none when the kernel's thread is awake and nothing is waited for.
 * Returns the requests it took, which may be fewer than were published when the kernel is short of
 * memory, or -errno.
 */
int uring_submit(struct uring *uring, unsigned int wait_for);

/* Requests that were published and not yet taken by the kernel. */
static inline unsigned int uring_waiting(const struct uring *uring)
{
	return uring->tail - __atomic_load_n(uring->sq_head, __ATOMIC_ACQUIRE);
}

/*
 * An empty request to fill in, or NULL when all entries are taken: submit first. With
 * IORING_SETUP_SQPOLL the kernel may give an entry back a moment after its completion.
 */
static inline struct io_uring_sqe *uring_next(struct uring *uring)
{
	struct io_uring_sqe *sqe;

	if (uring_waiting(uring) == uring->entries)
		return NULL;
	sqe = &uring->sqes[uring->tail++ & (uring->entries - 1)];
	memset(sqe, 0, sizeof(*sqe));
	return sqe;
}

/* The oldest completion, or NULL; valid until uring_seen. */
static inline const struct io_uring_cqe *uring_completion(const struct uring *uring)
{
	uint32_t head = *uring->cq_head; /* Only we move it. */

	if (head == __atomic_load_n(uring->cq_tail, __ATOMIC_ACQUIRE))
		return NULL;
	return &uring->cqes[head & (uring->completions - 1)];
}

/* Gives the place of the oldest completion back to the kernel. */
static inline void uring_seen(struct uring *uring)
{
	__atomic_store_n(uring->cq_head, *uring->cq_head + 1, __ATOMIC_RELEASE);
}

/* Fills in a request for `bytes` bytes at `offset`, with `tag` in its completion. */
static inline void uring_read(struct io_uring_sqe *sqe, int fd, void *buffer, uint32_t bytes,
			      uint64_t offset, uint64_t tag)
{
	sqe->opcode = IORING_OP_READ;
	sqe->fd = fd;
	sqe->addr = (uint64_t)(uintptr_t)buffer;
	sqe->len = bytes;
	sqe->off = offset;
	sqe->user_data = tag;
}

#endif
