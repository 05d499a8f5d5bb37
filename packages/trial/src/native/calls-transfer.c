/* calls-transfer: read, write and their kin, as the program calls them. */
#define _GNU_SOURCE
#include <limits.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

#include "held.h"
#include "next.h"
#include "path-cache.h"
#include "process.h"
#include "report.h"
#include "settle.h"
#include "stream.h"
#include "window.h"

/* Before a read that the kernel answers. */
static void transfer_before_read(int fd)
{
	if (stream_is_file(fd))
		settle_one(fd);
	else
		settle_all(); /* It may wait for a peer, who may wait for us. */
}

/* Before a write that the kernel takes. */
static void transfer_before_write(int fd)
{
	path_cache_forget();
	if (stream_is_file(fd))
		settle_one(fd);
	else if (stream_is_no_file(fd))
		settle_held();
	else
		settle_all();
}

static ssize_t transfer_from_window(struct stream *stream, char *to, size_t bytes, off_t offset,
				    bool *crossed)
{
	if (held_any()) {
		held_flush(stream);
		settle_others_of(stream);
	}
	if (offset >= 0)
		return window_pread(stream, to, bytes, offset, crossed);
	if (stream->kind == STREAM_PIPE)
		return pipe_window_read(stream, to, bytes, crossed);
	return window_read(stream, to, bytes, crossed);
}

/* What `fd` has at `offset`, or where it is when that is negative, or WINDOW_NOT_SERVED. */
static ssize_t transfer_read(int fd, void *to, size_t bytes, off_t offset, enum report_call call)
{
	struct stream *stream = stream_enter(fd, STREAM_READ, bytes);
	ssize_t result = WINDOW_NOT_SERVED;
	bool crossed = false;

	if (stream && bytes && (offset < 0 || stream->kind == STREAM_FILE))
		result = transfer_from_window(stream, to, bytes, offset, &crossed);
	if (stream)
		stream_leave(stream);
	if (result == WINDOW_NOT_SERVED)
		transfer_before_read(fd);
	else if (!crossed)
		report_absorb(call);
	return result;
}

static ssize_t transfer_write(int fd, const struct iovec *pieces, int count, size_t bytes,
			      enum report_call call)
{
	struct stream *stream = stream_enter(fd, STREAM_WRITE, bytes);
	ssize_t result = HELD_NOT_TAKEN;

	if (stream) {
		settle_others_of(stream);
		result = held_write(stream, pieces, count);
		stream_leave(stream);
	}
	if (result == HELD_NOT_TAKEN) {
		transfer_before_write(fd);
	} else {
		path_cache_forget();
		if (result >= 0)
			report_absorb(call);
	}
	return result;
}

EXPORTED ssize_t read(int fd, void *to, size_t bytes)
{
	ssize_t result;

	SEEN(read);
	result = transfer_read(fd, to, bytes, -1, CALL_read);
	return result == WINDOW_NOT_SERVED ? NEXT(read)(fd, to, bytes) : result;
}

EXPORTED ssize_t write(int fd, const void *from, size_t bytes)
{
	const struct iovec piece = {.iov_base = (void *)(uintptr_t)from, .iov_len = bytes};
	ssize_t result;

	SEEN(write);
	result = transfer_write(fd, &piece, 1, bytes, CALL_write);
	return result == HELD_NOT_TAKEN ? NEXT(write)(fd, from, bytes) : result;
}

EXPORTED ssize_t pread(int fd, void *to, size_t bytes, off_t offset)
{
	ssize_t result;

	SEEN(pread);
	if (offset < 0)
		return NEXT(pread)(fd, to, bytes, offset);
	result = transfer_read(fd, to, bytes, offset, CALL_pread);
	return result == WINDOW_NOT_SERVED ? NEXT(pread)(fd, to, bytes, offset) : result;
}

EXPORTED ssize_t pwrite(int fd, const void *from, size_t bytes, off_t offset)
{
	SEEN(pwrite);
	transfer_before_write(fd);
	return NEXT(pwrite)(fd, from, bytes, offset);
}

/* Small vectors gather as a write would; a vector that is read into is left to the kernel. */
EXPORTED ssize_t writev(int fd, const struct iovec *pieces, int count)
{
	ssize_t result = HELD_NOT_TAKEN;

	SEEN(writev);
	if (count == 1)
		result = transfer_write(fd, pieces, 1, pieces[0].iov_len, CALL_writev);
	else if (count > 1 && count <= IOV_MAX)
		result = transfer_write(fd, pieces, count, 1, CALL_writev);
	else
		transfer_before_write(fd);
	return result == HELD_NOT_TAKEN ? NEXT(writev)(fd, pieces, count) : result;
}

EXPORTED ssize_t readv(int fd, const struct iovec *pieces, int count)
{
	ssize_t result = WINDOW_NOT_SERVED;

	SEEN(readv);
	if (count == 1)
		result = transfer_read(fd, pieces[0].iov_base, pieces[0].iov_len, -1, CALL_readv);
	else
		transfer_before_read(fd);
	return result == WINDOW_NOT_SERVED ? NEXT(readv)(fd, pieces, count) : result;
}

EXPORTED ssize_t preadv(int fd, const struct iovec *pieces, int count, off_t offset)
{
	SEEN(preadv);
	transfer_before_read(fd);
	return NEXT(preadv)(fd, pieces, count, offset);
}

EXPORTED ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t offset)
{
	SEEN(pwritev);
	transfer_before_write(fd);
	return NEXT(pwritev)(fd, pieces, count, offset);
}

EXPORTED ssize_t preadv2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
	SEEN(preadv);
	transfer_before_read(fd);
	return NEXT(preadv2)(fd, pieces, count, offset, flags);
}

EXPORTED ssize_t pwritev2(int fd, const struct iovec *pieces, int count, off_t offset, int flags)
{
	SEEN(pwritev);
	transfer_before_write(fd);
	return NEXT(pwritev2)(fd, pieces, count, offset, flags);
}

EXPORTED off_t lseek(int fd, off_t offset, int whence)
{
	struct stream *stream = stream_enter(fd, STREAM_READ, STREAM_LARGE_BYTES);
	bool crossed = false;
	off_t result;

	SEEN(lseek);
	if (stream && stream->kind == STREAM_PIPE) {
		stream_leave(stream);
		return NEXT(lseek)(fd, offset, whence); /* Fails, and changes nothing. */
	}
	if (!stream) {
		settle_one(fd);
		return NEXT(lseek)(fd, offset, whence);
	}
	held_flush(stream);
	if (whence != SEEK_SET && whence != SEEK_CUR)
		settle_others_of(stream); /* The end of the file depends on them. */
	result = window_seek(stream, offset, whence, &crossed);
	stream_leave(stream);
	if (!crossed)
		report_absorb(CALL_lseek);
	return result;
}

EXPORTED ssize_t __read_chk(int fd, void *to, size_t bytes, size_t room);
EXPORTED ssize_t __read_chk(int fd, void *to, size_t bytes, size_t room)
{
	return bytes > room ? NEXT(__read_chk)(fd, to, bytes, room) : read(fd, to, bytes);
}

EXPORTED ssize_t __pread_chk(int fd, void *to, size_t bytes, off_t offset, size_t room);
EXPORTED ssize_t __pread_chk(int fd, void *to, size_t bytes, off_t offset, size_t room)
{
	if (bytes > room)
		return NEXT(__pread_chk)(fd, to, bytes, offset, room);
	return pread(fd, to, bytes, offset);
}

SAME(__read, read)
SAME(__write, write)
SAME(__lseek, lseek)
SAME(lseek64, lseek)
SAME(pread64, pread)
SAME(__pread64, pread)
SAME(__pread64_chk, __pread_chk)
SAME(pwrite64, pwrite)
SAME(__pwrite64, pwrite)
SAME(preadv64, preadv)
SAME(pwritev64, pwritev)
SAME(preadv64v2, preadv2)
SAME(pwritev64v2, pwritev2)
