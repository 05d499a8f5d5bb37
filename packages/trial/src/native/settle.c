/* settle: the order in which held bytes and offsets reach the kernel. */
#define _GNU_SOURCE
#include "settle.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>

#include "held.h"
#include "next.h"
#include "process.h"
#include "report.h"
#include "window.h"

/* Room for PIPE_BUF bytes, which is all that we hold for a pipe. */
static bool settle_has_room(const struct stream *stream)
{
	struct pollfd room = {.fd = stream->fd, .events = POLLOUT};

	report_add(FACT_crossed, 1);
	return next_kernel(SYS_poll, &room, 1L, 0L) == 1;
}

static bool settle_flush(struct stream *stream, bool may_wait)
{
	int error = errno;
	bool goes = !stream->held_length || stream->kind != STREAM_PIPE || may_wait ||
		settle_has_room(stream);

	if (goes)
		held_flush(stream);
	errno = error;
	return goes;
}

static bool settle_has_read(const struct stream *stream)
{
	return stream->knows_position || stream->window_length;
}

/* Files first: who reads a pipe may look at the files that it tells of. */
static bool settle_kind(enum stream_kind kind, bool may_wait, bool also_reads)
{
	struct stream *stream;
	bool all = true;

	for (unsigned int i = 0; (stream = stream_at(i)); i++) {
		if (stream->kind != kind || !stream->references)
			continue;
		if (!stream->held_length && !(also_reads && settle_has_read(stream)))
			continue;
		if (!stream_try(stream)) {
			all = false;
			continue;
		}
		all = settle_flush(stream, may_wait) && all;
		if (also_reads)
			window_settle(stream);
		stream_leave(stream);
	}
	return all;
}

void settle_all(void)
{
	if (!process_is_ours())
		return;
	settle_kind(STREAM_FILE, false, true);
	settle_kind(STREAM_PIPE, false, true);
}

void settle_held(void)
{
	if (!process_is_ours() || !held_any())
		return;
	settle_kind(STREAM_FILE, false, false);
	settle_kind(STREAM_PIPE, false, false);
}

void settle_finally(void)
{
	if (!process_is_ours())
		return;
	settle_kind(STREAM_FILE, true, true);
	settle_kind(STREAM_PIPE, true, true);
}

bool settle_what_can(void)
{
	bool files = settle_kind(STREAM_FILE, false, false);
	bool pipes = settle_kind(STREAM_PIPE, false, false);

	return files && pipes;
}

void settle_one(int fd)
{
	struct stream *stream = process_is_ours() ? stream_find(fd) : NULL;

	if (!stream)
		return;
	held_flush(stream);
	window_settle(stream);
	settle_others_of(stream);
	stream_leave(stream);
}

int settle_error_of(int fd)
{
	struct stream *stream = process_is_ours() ? stream_find(fd) : NULL;
	int error;

	if (!stream)
		return 0;
	error = held_late_error(stream);
	stream_leave(stream);
	if (!error)
		return 0;
	errno = error;
	return -1;
}

void settle_others_of(const struct stream *own)
{
	struct stream *stream;

	for (unsigned int i = 0; (stream = stream_at(i)); i++) {
		if (stream == own || !stream->references || stream->inode != own->inode ||
		    stream->device != own->device || !stream_try(stream))
			continue;
		settle_flush(stream, false);
		if (stream->kind == STREAM_FILE)
			window_settle(stream);
		stream_leave(stream);
	}
}
