/*
 * window: small reads of a regular file, from bytes that one pread looked at. The kernel's offset
 * stays behind and is set right before anybody else can depend on it, so nothing has to be undone
 * when the program is killed.
 */
#define _GNU_SOURCE
#include "window.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixes.h"
#include "next.h"
#include "process.h"
#include "report.h"

/* The least to look at: a page, which costs the kernel little more than a byte. */
#define WINDOW_AHEAD_MIN 4096
/* Of so many reads, the least that must be spared a crossing. */
#define WINDOW_TRIAL_READS 128
#define WINDOW_SERVED_MIN 32
/* Beyond it no seek is answered by us: the limit of the file system has the word. */
#define WINDOW_OFFSET_MAX (INT64_C(1) << 40)

void window_judge(struct stream *stream, bool crossed)
{
	stream->looks += crossed;
	stream->served += !crossed;
	if (stream->looks + stream->served < WINDOW_TRIAL_READS)
		return;
	if (stream->served < WINDOW_SERVED_MIN) {
		stream->exact = stream->sought >= WINDOW_TRIAL_READS / 2;
		stream->reads = stream->exact;
	}
	stream->looks = stream->served = stream->sought = 0;
}

/* How many bytes at `offset` are in the window, and fresh. */
static size_t window_available(struct stream *stream, off_t offset)
{
	if (offset < stream->window_offset ||
	    offset >= stream->window_offset + (off_t)stream->window_length)
		return 0;
	if (fixes_now_ns() - stream->window_ns > FIXES_AGE_NS)
		return 0;
	return (size_t)(stream->window_offset + (off_t)stream->window_length - offset);
}

/* Looks at `offset`: twice as far as last time when the program goes straight on. */
static ssize_t window_look(struct stream *stream, off_t offset, size_t asked)
{
	size_t ahead = offset == stream->expected ? stream->ahead * 2 : WINDOW_AHEAD_MIN;
	ssize_t length;

	if (ahead < asked)
		ahead = asked;
	if (ahead > STREAM_WINDOW_BYTES)
		ahead = STREAM_WINDOW_BYTES;
	stream->window_length = 0;
	length = next_kernel(SYS_pread64, stream->fd, stream->window, ahead, offset);
	if (length <= 0)
		return length;
	stream->ahead = ahead;
	stream->window_offset = offset;
	stream->window_length = (size_t)length;
	stream->expected = offset + length;
	stream->window_ns = fixes_now_ns();
	return length;
}

/* Copies up to `bytes` of what lies at `offset`. Short at the end of the file only. */
static ssize_t window_copy(struct stream *stream, char *to, size_t bytes, off_t offset,
			   bool *crossed)
{
	size_t copied = 0;

	while (copied < bytes) {
		off_t at = offset + (off_t)copied;
		size_t available = window_available(stream, at);
		size_t part = available < bytes - copied ? available : bytes - copied;

		if (!available) {
			ssize_t found = window_look(stream, at, bytes - copied);

			*crossed = true;
			if (found < 0 && !copied)
				return -1;
			if (found <= 0)
				break;
			continue;
		}
		memcpy(to + copied, stream->window + (at - stream->window_offset), part);
		copied += part;
	}
	window_judge(stream, *crossed);
	return (ssize_t)copied;
}

/* Asks the kernel where the program is, once. */
static bool window_knows_position(struct stream *stream)
{
	off_t position;

	if (stream->knows_position)
		return true;
	position = next_kernel(SYS_lseek, stream->fd, 0L, SEEK_CUR);
	report_add(FACT_crossed, 1);
	if (position < 0)
		return false;
	stream->position = position;
	stream->knows_position = true;
	stream->moved = false;
	return true;
}

/* Another process that has the same open file may read or seek at any time. */
static bool window_is_ours(const struct stream *stream)
{
	return !stream->shared && !process_has_children();
}

/* Straight to where the program wants it. */
static ssize_t window_read_exactly(struct stream *stream, char *to, size_t bytes, bool *crossed)
{
	*crossed = true;
	window_judge(stream, true);
	return next_kernel(SYS_pread64, stream->fd, to, bytes, stream->position);
}

ssize_t window_read(struct stream *stream, char *to, size_t bytes, bool *crossed)
{
	ssize_t copied;

	if (bytes >= STREAM_LARGE_BYTES || !window_is_ours(stream) ||
	    !window_knows_position(stream)) {
		window_settle(stream);
		return WINDOW_NOT_SERVED;
	}
	if (stream->exact)
		copied = window_read_exactly(stream, to, bytes, crossed);
	else
		copied = window_copy(stream, to, bytes, stream->position, crossed);
	if (copied > 0) {
		stream->position += copied;
		stream->moved = true;
	}
	return copied;
}

ssize_t window_pread(struct stream *stream, char *to, size_t bytes, off_t offset, bool *crossed)
{
	if (bytes >= STREAM_LARGE_BYTES || offset < 0 || offset > WINDOW_OFFSET_MAX)
		return WINDOW_NOT_SERVED;
	return window_copy(stream, to, bytes, offset, crossed);
}

off_t window_seek(struct stream *stream, off_t offset, int whence, bool *crossed)
{
	bool known = stream->knows_position && window_is_ours(stream);
	off_t target = whence == SEEK_CUR ? stream->position + offset : offset;

	if (known && (whence == SEEK_SET || whence == SEEK_CUR) && target >= 0 &&
	    offset <= WINDOW_OFFSET_MAX && target <= WINDOW_OFFSET_MAX) {
		stream->moved = stream->moved || target != stream->position;
		stream->sought++;
		stream->position = target;
		return target;
	}
	/* From where the program is, unless the kernel is told a place of its own. */
	if (whence == SEEK_CUR)
		window_settle(stream);
	*crossed = true;
	target = next_kernel(SYS_lseek, stream->fd, offset, (long)whence);
	if (target < 0)
		return -1;
	stream->position = target;
	stream->knows_position = true;
	stream->moved = false;
	return target;
}

void window_settle(struct stream *stream)
{
	if (stream->kind == STREAM_PIPE) {
		pipe_window_settle(stream);
		return;
	}
	if (stream->moved) {
		next_kernel(SYS_lseek, stream->fd, stream->position, SEEK_SET);
		report_add(FACT_crossed, 1);
	}
	if (stream->knows_position)
		stream->expected = stream->position;
	stream->moved = false;
	stream->knows_position = false;
	stream->window_length = 0;
}
