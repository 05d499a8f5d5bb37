/*
 * pipe-window: small reads of a pipe, from bytes that tee(2) showed without taking them. They are
 * taken from the pipe when the program has read them and before anybody else can look.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixes.h"
#include "next.h"
#include "process.h"
#include "report.h"
#include "window.h"

/* Where our own descriptors go: programs close, count and reuse the low ones. */
#define PIPE_WINDOW_FD_MIN 900

/* The pipe that tee copies into, shared by all streams; a lock of its own since they are many. */
static int copy_from = -1;
static int copy_to = -1;
static bool copying;
static bool refused;

static int pipe_window_move_up(int fd)
{
	long up = next_kernel(SYS_fcntl, fd, F_DUPFD_CLOEXEC, PIPE_WINDOW_FD_MIN);

	next_kernel(SYS_close, fd);
	return (int)up;
}

static bool pipe_window_open(void)
{
	int ends[2];

	if (copy_from >= 0 || refused)
		return !refused;
	if (next_kernel(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK))
		return false;
	copy_from = pipe_window_move_up(ends[0]);
	copy_to = pipe_window_move_up(ends[1]);
	report_add(FACT_crossed, 5);
	refused = copy_from < 0 || copy_to < 0;
	return !refused;
}

bool pipe_window_owns(int fd)
{
	return fd >= 0 && (fd == copy_from || fd == copy_to);
}

void pipe_window_forget(void)
{
	copy_from = -1;
	copy_to = -1;
	copying = false;
}

/* Shows what is in the pipe now; 0 when there is nothing, at its end, or when it cannot be shown.
 */
static size_t pipe_window_look(struct stream *stream)
{
	ssize_t shown;
	ssize_t length = 0;
	int error = errno;

	if (__atomic_exchange_n(&copying, true, __ATOMIC_ACQUIRE))
		return 0;
	if (pipe_window_open()) {
		shown = next_kernel(SYS_tee, stream->fd, copy_to, STREAM_WINDOW_BYTES,
				    SPLICE_F_NONBLOCK);
		report_add(FACT_crossed, 2);
		if (shown > 0)
			length = next_kernel(SYS_read, copy_from, stream->window, shown);
		if (shown > 0 &&
		    length != shown) /* Bytes of one stream must not end up in another. */
			refused = true;
		if (shown < 0 && errno != EAGAIN)
			stream->reads = false;
	}
	__atomic_store_n(&copying, false, __ATOMIC_RELEASE);
	errno = error;
	return length > 0 && !refused ? (size_t)length : 0;
}

ssize_t pipe_window_read(struct stream *stream, char *to, size_t bytes, bool *crossed)
{
	size_t used = (size_t)stream->position;
	size_t part;

	if (bytes >= PIPE_BUF || stream->shared || process_has_children()) {
		pipe_window_settle(stream);
		return WINDOW_NOT_SERVED;
	}
	if (used == stream->window_length) {
		pipe_window_settle(stream);
		stream->window_length = pipe_window_look(stream);
		*crossed = true;
		window_judge(stream, true);
		if (!stream->window_length)
			return WINDOW_NOT_SERVED; /* It may have to wait, which the kernel does
						     best. */
		used = 0;
	}
	part = stream->window_length - used;
	if (part > bytes)
		part = bytes;
	memcpy(to, stream->window + used, part);
	stream->position += (off_t)part;
	if (!*crossed)
		window_judge(stream, false);
	return (ssize_t)part;
}

/* Takes what the program has read out of the pipe. The bytes are there, so it does not wait. */
void pipe_window_settle(struct stream *stream)
{
	size_t left = (size_t)stream->position;
	int error = errno;

	while (left) {
		ssize_t taken = next_kernel(SYS_read, stream->fd, stream->window, left);

		report_add(FACT_crossed, 1);
		if (taken <= 0 && errno != EINTR)
			break;
		if (taken > 0)
			left -= (size_t)taken;
	}
	stream->position = 0;
	stream->window_length = 0;
	errno = error;
}
