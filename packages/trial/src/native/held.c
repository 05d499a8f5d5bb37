/* held: the gathering of small writes, and their way out. */
#define _GNU_SOURCE
#include "held.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "age.h"
#include "fatal.h"
#include "next.h"
#include "report.h"
#include "window.h"

/* So many flushes of a single write in a row say that gathering does not pay here. */
#define HELD_LONELY_MAX 8

static int holding;

bool held_any(void)
{
	return __atomic_load_n(&holding, __ATOMIC_ACQUIRE) > 0;
}

static size_t held_most(const struct stream *stream)
{
	return stream->kind == STREAM_PIPE ? STREAM_PIPE_HELD_BYTES : STREAM_HELD_BYTES;
}

static void held_release(struct stream *stream)
{
	report_add(FACT_held_bytes, -(int64_t)stream->held_length);
	stream->held_length = 0;
	stream->lonely = stream->held_writes <= 1 ? stream->lonely + 1 : 0;
	stream->held_writes = 0;
	if (stream->lonely >= HELD_LONELY_MAX)
		stream->writes = false;
	__atomic_fetch_sub(&holding, 1, __ATOMIC_RELEASE);
}

/* The program's pipe may not wait while ours does, when it changed its mode behind our back. */
static void held_wait(const struct stream *stream)
{
	struct pollfd room = {.fd = stream->fd, .events = POLLOUT};

	next_kernel(SYS_poll, &room, 1L, -1L);
}

int held_flush(struct stream *stream)
{
	size_t done = 0;
	int error = 0;
	int kept = errno;

	if (!stream->held_length)
		return 0;
	fatal_flushing(true);
	while (done < stream->held_length && !error) {
		ssize_t written = next_kernel(SYS_write, stream->fd, stream->held + done,
					      stream->held_length - done);

		report_add(FACT_crossed, 1);
		if (written > 0)
			done += (size_t)written;
		else if (written < 0 && errno == EAGAIN)
			held_wait(stream);
		else if (written < 0 && errno != EINTR)
			error = errno;
		if (fatal_is_due() && done < stream->held_length)
			error = EINTR;
	}
	fatal_flushing(false);
	errno = kept;
	held_release(stream);
	fatal_die_if_due();
	if (!error)
		return 0;
	report_add(FACT_late_errors, 1);
	stream->writes = false;
	stream->late_error = error;
	return -1;
}

void held_after_fork(void)
{
	struct stream *stream;

	for (unsigned int i = 0; (stream = stream_at(i)); i++) {
		stream->held_length = 0;
		stream->held_writes = 0;
	}
	holding = 0;
}

int held_late_error(struct stream *stream)
{
	int error = stream->late_error;

	stream->late_error = 0;
	return error;
}

/* The length of all pieces; more than any buffer when that is too much. */
static size_t held_total(const struct iovec *pieces, int count)
{
	size_t total = 0;

	for (int i = 0; i < count && total <= STREAM_HELD_BYTES; i++) {
		if (pieces[i].iov_len > STREAM_HELD_BYTES)
			return STREAM_HELD_BYTES + 1;
		total += pieces[i].iov_len;
	}
	return total;
}

ssize_t held_write(struct stream *stream, const struct iovec *pieces, int count)
{
	size_t total = held_total(pieces, count);
	int error = held_late_error(stream);
	size_t at;
	bool first;

	if (error) {
		errno = error;
		return -1;
	}
	if (!total || total > held_most(stream) / 4 || !age_is_ready())
		return HELD_NOT_TAKEN;
	window_settle(stream);
	if (total > held_most(stream) - stream->held_length && held_flush(stream)) {
		errno = held_late_error(stream);
		return -1;
	}
	at = stream->held_length;
	for (int i = 0; i < count; i++) {
		memcpy(stream->held + at, pieces[i].iov_base, pieces[i].iov_len);
		at += pieces[i].iov_len;
	}
	first = !stream->held_length;
	stream->held_length = at;
	stream->held_writes++;
	report_add(FACT_held_bytes, (int64_t)total);
	if (first) {
		__atomic_fetch_add(&holding, 1, __ATOMIC_RELEASE);
		age_start();
	}
	return (ssize_t)total;
}
