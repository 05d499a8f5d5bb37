/* copy-bytes: moves what one open file holds to another, by the way that moves least. */
#define _GNU_SOURCE 1
#include "io/copy-bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"

/* Between two looks at the abort word: some milliseconds in memory, a blink on a disk. */
#define PIECE_BYTES ((size_t)16 << 20)
/* What is read and written at once stays in the second-level cache. */
#define BUFFER_BYTES ((size_t)256 << 10)
/* Between two looks at the abort word, where the other end of a pipe lets us wait. */
#define WAIT_MS 20

/* What a way moves with, beside the descriptors. */
struct copy_piece {
	uint64_t at;
	size_t length;
	unsigned char *buffer;
};

static int copy_fail(struct copy *copy, int error, const char *syscall, bool is_target)
{
	copy->syscall = syscall;
	copy->is_target_failure = is_target;
	return error;
}

static void copy_tell(struct copy *copy, uint64_t done)
{
	copy->done = done;
	__atomic_store_n(&copy->progress->done, done, __ATOMIC_RELAXED);
}

static ssize_t copy_by_range(struct copy *copy, const struct copy_piece *piece)
{
	off_t in = (off_t)piece->at;
	off_t out = in;
	ssize_t moved = copy_file_range(copy->from, &in, copy->to, &out, piece->length, 0);

	return moved < 0 ? -errno : moved;
}

static ssize_t copy_by_sendfile(struct copy *copy, const struct copy_piece *piece)
{
	off_t in = (off_t)piece->at;
	ssize_t moved;

	if (lseek(copy->to, in, SEEK_SET) < 0)
		return -errno;
	moved = sendfile(copy->to, copy->from, &in, piece->length);
	return moved < 0 ? -errno : moved;
}

static ssize_t copy_by_read_write(struct copy *copy, const struct copy_piece *piece)
{
	size_t length = piece->length < BUFFER_BYTES ? piece->length : BUFFER_BYTES;
	ssize_t got = pread(copy->from, piece->buffer, length, (off_t)piece->at);
	ssize_t at = 0;

	if (got < 0)
		return copy_fail(copy, -errno, "read", false);
	while (at < got) {
		ssize_t put = pwrite(copy->to, piece->buffer + at, (size_t)(got - at),
				     (off_t)piece->at + at);

		if (put >= 0)
			at += put;
		else if (errno != EINTR)
			return copy_fail(copy, -errno, "write", true);
	}
	return got;
}

typedef ssize_t copy_mover(struct copy *copy, const struct copy_piece *piece);

static copy_mover *const copy_movers[COPY_WAYS] = {
	[COPY_RANGE] = copy_by_range,
	[COPY_SENDFILE] = copy_by_sendfile,
	[COPY_READ_WRITE] = copy_by_read_write,
};

/* The source ends before its size says: it was cut, or its size is only claimed (sysfs). */
static int copy_end_early(struct copy *copy, uint64_t at)
{
	struct stat status;

	if (fstat(copy->from, &status) < 0)
		return copy_fail(copy, -errno, "fstat", false);
	if ((uint64_t)status.st_size < copy->size)
		return copy_fail(copy, -IO_TRUNCATED, "read", false);
	copy->size = at;
	return 0;
}

/*
 * Moves [at, end). What a way refuses, whatever the reason, the next one tries: the last one either
 * does it or knows best why it cannot be done.
 */
static int copy_extent(struct copy *copy, uint64_t at, uint64_t end, unsigned char *buffer)
{
	while (at < end) {
		size_t left = end - at < PIECE_BYTES ? (size_t)(end - at) : PIECE_BYTES;
		struct copy_piece piece = {.at = at, .length = left, .buffer = buffer};
		ssize_t moved;

		if (io_work_is_aborted(copy->work))
			return copy_fail(copy, -ECANCELED, "copy", false);
		moved = copy_movers[copy->way](copy, &piece);
		if (moved == -EINTR)
			continue;
		if (moved > 0) {
			at += (uint64_t)moved;
			copy_tell(copy, at);
		} else if (copy->way < COPY_READ_WRITE) {
			/* 0 is no answer: some kernels give it for files that are not empty. */
			copy->refusals[copy->way++] = moved == 0 ? ENODATA : (int)-moved;
		} else {
			return moved < 0 ? (int)moved : copy_end_early(copy, at);
		}
	}
	return 0;
}

/* Where the next data or the next hole begins; where the file system does not know, all is data. */
static uint64_t copy_seek(const struct copy *copy, uint64_t at, int whence)
{
	off_t found = lseek(copy->from, (off_t)at, whence);

	if (found >= 0)
		return (uint64_t)found < copy->size ? (uint64_t)found : copy->size;
	return whence == SEEK_DATA && errno != ENXIO ? at : copy->size;
}

static int copy_extents(struct copy *copy, unsigned char *buffer)
{
	uint64_t at = 0;
	struct stat status;
	int error = 0;

	copy->way = COPY_RANGE;
	while (!error && at < copy->size) {
		uint64_t begin = copy_seek(copy, at, SEEK_DATA);

		at = begin < copy->size ? copy_seek(copy, begin, SEEK_HOLE) : copy->size;
		copy_tell(copy, begin);
		error = copy_extent(copy, begin, at, buffer);
	}
	if (error)
		return error;
	if (ftruncate(copy->to, (off_t)copy->size) < 0) /* The last hole. */
		return copy_fail(copy, -errno, "ftruncate", true);
	/* What is cut off looks like a hole, too. */
	if (fstat(copy->from, &status) < 0)
		return copy_fail(copy, -errno, "fstat", false);
	if ((uint64_t)status.st_size < copy->size)
		return copy_fail(copy, -IO_TRUNCATED, "read", false);
	copy_tell(copy, copy->size);
	return 0;
}

/* Until the other end of a pipe is ready, as a thread that waits in it could not be ended. */
static int copy_wait(const struct copy *copy, int fd, short events)
{
	struct pollfd ready = {.fd = fd, .events = events};

	while (!io_work_is_aborted(copy->work)) {
		int count = poll(&ready, 1, WAIT_MS);

		if (count > 0)
			return 0;
		if (count < 0 && errno != EINTR)
			return -errno;
	}
	return -ECANCELED;
}

static int copy_write_out(struct copy *copy, const unsigned char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		ssize_t put;
		int error = copy->is_to_regular ? 0 : copy_wait(copy, copy->to, POLLOUT);

		if (error)
			return copy_fail(copy, error, "poll", true);
		put = write(copy->to, bytes + at, length - at);
		if (put >= 0)
			at += (size_t)put;
		else if (errno != EINTR && errno != EAGAIN)
			return copy_fail(copy, -errno, "write", true);
	}
	return 0;
}

/* From one end to the other, where places mean nothing: to or from pipes, devices, /proc. */
static int copy_stream(struct copy *copy, unsigned char *buffer)
{
	uint64_t most = copy->size > 0 ? copy->size : UINT64_MAX;
	int error = 0;

	copy->way = COPY_READ_WRITE;
	while (!error && copy->done < most) {
		uint64_t left = most - copy->done;
		ssize_t got;

		error = copy_wait(copy, copy->from, POLLIN);
		if (error)
			return copy_fail(copy, error, "poll", false);
		got = read(copy->from, buffer, left < BUFFER_BYTES ? (size_t)left : BUFFER_BYTES);
		if (got == 0)
			return copy->size > 0 ? copy_end_early(copy, copy->done) : 0;
		if (got > 0) {
			error = copy_write_out(copy, buffer, (size_t)got);
			copy_tell(copy, copy->done + (error ? 0 : (uint64_t)got));
		} else if (errno != EINTR && errno != EAGAIN) {
			return copy_fail(copy, -errno, "read", false);
		}
	}
	return error;
}

/* Whether the target now shares the source's blocks; else why not is noted. */
static bool copy_shares(struct copy *copy)
{
	if (copy->reflink == COPY_REFLINK_NEVER)
		return false;
	if (ioctl(copy->to, FICLONE, copy->from) == 0)
		return true;
	copy->refusals[COPY_REFLINK] = errno;
	return false;
}

int copy_bytes(struct copy *copy)
{
	bool has_places = copy->is_from_regular && copy->is_to_regular;
	unsigned char *buffer;
	int error;

	__atomic_store_n(&copy->progress->total, copy->size, __ATOMIC_RELAXED);
	copy->way = COPY_REFLINK;
	if (copy->reflink == COPY_REFLINK_ALWAYS || (has_places && copy->size > 0)) {
		if (copy_shares(copy)) {
			copy_tell(copy, copy->size);
			return 0;
		}
		if (copy->reflink == COPY_REFLINK_ALWAYS)
			return copy_fail(copy, -copy->refusals[COPY_REFLINK], "ioctl", true);
	}
	buffer = malloc(BUFFER_BYTES);
	if (!buffer)
		return copy_fail(copy, -ENOMEM, "malloc", false);
	error = has_places && copy->size > 0 ? copy_extents(copy, buffer)
					     : copy_stream(copy, buffer);
	free(buffer);
	return error;
}
