/* uring: an io_uring by its raw system calls. */
#define _GNU_SOURCE 1
#include "uring.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What the code relies on: one mapping for both rings (5.4), completions kept when there is no room
 * for them (5.5).
 */
#define NEEDED_FEATURES (IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP)
/* The others change the size or the place of entries, or need an argument more. */
#define FIT_FLAGS                                                                               \
	(IORING_SETUP_IOPOLL | IORING_SETUP_SQPOLL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | \
	 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG |      \
	 IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN)
/* An 8-bit opcode. */
#define MOST_OPERATIONS 256u

static int uring_enter(struct uring *uring, unsigned int submit, unsigned int wait_for,
		       unsigned int flags)
{
	long result;

	do {
		uring->enters++;
		result = syscall(SYS_io_uring_enter, uring->fd, submit, wait_for, flags, NULL, 0);
	} while (result < 0 && errno == EINTR);
	return result < 0 ? -errno : (int)result;
}

static size_t uring_larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

static int uring_map(struct uring *uring, const struct io_uring_params *params)
{
	int protection = PROT_READ | PROT_WRITE;
	int flags = MAP_SHARED | MAP_POPULATE; /* No faults while anything is timed. */
	size_t sqes_bytes = params->sq_entries * sizeof(struct io_uring_sqe);
	unsigned char *base;
	uint32_t *indexes;

	uring->rings_bytes = uring_larger(
		params->sq_off.array + params->sq_entries * sizeof(uint32_t),
		params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe));
	uring->rings =
		mmap(NULL, uring->rings_bytes, protection, flags, uring->fd, IORING_OFF_SQ_RING);
	if (uring->rings == MAP_FAILED) {
		uring->rings = NULL;
		return -errno;
	}
	uring->sqes = mmap(NULL, sqes_bytes, protection, flags, uring->fd, IORING_OFF_SQES);
	if (uring->sqes == MAP_FAILED) {
		uring->sqes = NULL;
		return -errno;
	}
	base = uring->rings;
	uring->sq_head = (uint32_t *)(base + params->sq_off.head);
	uring->sq_tail = (uint32_t *)(base + params->sq_off.tail);
	uring->sq_flags = (uint32_t *)(base + params->sq_off.flags);
	uring->cq_head = (uint32_t *)(base + params->cq_off.head);
	uring->cq_tail = (uint32_t *)(base + params->cq_off.tail);
	uring->cqes = (struct io_uring_cqe *)(base + params->cq_off.cqes);
	/* The indirection is of no use here: place n always holds request n. */
	indexes = (uint32_t *)(base + params->sq_off.array);
	for (uint32_t i = 0; i < params->sq_entries; i++)
		indexes[i] = i;
	return 0;
}

int uring_open(struct uring *uring, const struct uring_options *options)
{
	struct io_uring_params params = {
		.flags = options->flags,
		.sq_thread_idle = options->idle_ms,
	};
	int error;

	*uring = (struct uring){.fd = -1};
	if (options->entries < 1 || options->entries > URING_MOST_ENTRIES ||
	    options->completions > URING_MOST_COMPLETIONS || options->flags & ~FIT_FLAGS)
		return -EINVAL;
	if (options->completions) {
		params.flags |= IORING_SETUP_CQSIZE;
		params.cq_entries = options->completions;
	}
	uring->fd = (int)syscall(SYS_io_uring_setup, options->entries, &params);
	if (uring->fd < 0)
		return -errno;
	uring->flags = params.flags;
	uring->features = params.features;
	uring->entries = params.sq_entries;
	uring->completions = params.cq_entries;
	error = (params.features & NEEDED_FEATURES) == NEEDED_FEATURES ? uring_map(uring, &params)
								       : -ENOSYS;
	if (error)
		uring_close(uring);
	return error;
}

int uring_open_alone(struct uring *uring, const struct uring_options *options)
{
	struct uring_options alone = *options;
	int error;

	alone.flags |= IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	error = uring_open(uring, &alone);
	return error == -EINVAL ? uring_open(uring, options) : error;
}

void uring_close(struct uring *uring)
{
	if (uring->sqes)
		munmap(uring->sqes, uring->entries * sizeof(struct io_uring_sqe));
	if (uring->rings)
		munmap(uring->rings, uring->rings_bytes);
	if (uring->fd >= 0)
		close(uring->fd);
	*uring = (struct uring){.fd = -1};
}

const char *uring_refusal(int error)
{
	switch (-error) {
	case ENOSYS:
		return "io_uring (the kernel has none, or one older than 5.5)";
	case EPERM:
	case EACCES:
		return "io_uring (kernel.io_uring_disabled, or a seccomp filter)";
	case EINVAL:
		return "io_uring_setup (a flag that this kernel does not know)";
	case ENOMEM:
		return "io_uring_setup (RLIMIT_MEMLOCK, or no memory)";
	default:
		return "io_uring_setup";
	}
}

bool uring_knows(const struct uring *uring, unsigned int operation)
{
	struct io_uring_probe *probe;
	bool known = false;

	if (operation >= MOST_OPERATIONS)
		return false;
	probe = calloc(1, sizeof(*probe) + MOST_OPERATIONS * sizeof(struct io_uring_probe_op));
	if (!probe)
		return false;
	/* The probe came with 5.6: whoever lacks it has none of the newer operations. */
	if (syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_PROBE, probe,
		    MOST_OPERATIONS) == 0)
		known = operation <= probe->last_op &&
			probe->ops[operation].flags & IO_URING_OP_SUPPORTED;
	free(probe);
	return known;
}

int uring_register_files(const struct uring *uring, const int *fds, unsigned int count)
{
	long result = syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_FILES, fds, count);

	return result < 0 ? -errno : 0;
}

int uring_register_buffers(const struct uring *uring, const struct iovec *buffers,
			   unsigned int count)
{
	long result =
		syscall(SYS_io_uring_register, uring->fd, IORING_REGISTER_BUFFERS, buffers, count);

	return result < 0 ? -errno : 0;
}

/* The kernel's thread takes the requests; it is woken when it has gone to sleep. */
static int uring_submit_polled(struct uring *uring, unsigned int submit, unsigned int wait_for)
{
	unsigned int flags = wait_for ? IORING_ENTER_GETEVENTS : 0;
	int result = 0;

	/* Our tail must be seen before its flag is looked at, or both sides wait for each other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(uring->sq_flags, __ATOMIC_RELAXED) & IORING_SQ_NEED_WAKEUP)
		flags |= IORING_ENTER_SQ_WAKEUP;
	if (flags)
		result = uring_enter(uring, submit, wait_for, flags);
	return result < 0 ? result : (int)submit;
}

int uring_submit(struct uring *uring, unsigned int wait_for)
{
	unsigned int submit = uring_waiting(uring);
	unsigned int flags = wait_for ? IORING_ENTER_GETEVENTS : 0;

	__atomic_store_n(uring->sq_tail, uring->tail, __ATOMIC_RELEASE);
	if (uring->flags & IORING_SETUP_SQPOLL)
		return uring_submit_polled(uring, submit, wait_for);
	/* Completions of such a ring appear only inside a call that asks for them. */
	if (uring->flags & IORING_SETUP_DEFER_TASKRUN)
		flags |= IORING_ENTER_GETEVENTS;
	return uring_enter(uring, submit, wait_for, flags);
}
