/* scatter-read: pieces by pread, one by one, or near ones together by reading what lies between. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/failure.h"
#include "io/scatter.h"

/* For files that are read past the page cache (scatter-direct.c). */
#define WINDOW_ALIGNMENT 4096u

int scatter_read(int fd, unsigned char *data, size_t length, uint64_t offset)
{
	size_t at = 0;

	while (at < length) {
		ssize_t got = pread(fd, data + at, length - at, (off_t)(offset + at));

		if (got == 0)
			return -IO_TRUNCATED;
		if (got > 0)
			at += (size_t)got;
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

int scatter_by_pread(struct scatter *scatter)
{
	scatter->syscall = "pread";
	for (size_t i = 0; i < scatter->count; i++) {
		const struct scatter_piece *piece = &scatter->pieces[i];
		int error = scatter_is_aborted(scatter)
			? -ECANCELED
			: scatter_read(scatter->fd, piece->data, piece->length, piece->offset);

		if (error)
			return error;
	}
	return 0;
}

/* The piece after the last that one read takes in together with `first`. */
static size_t scatter_group_end(const struct scatter *scatter, size_t first)
{
	const struct scatter_piece *pieces = scatter->pieces;
	size_t next = first + 1;

	for (; next < scatter->count; next++) {
		uint64_t end = pieces[next - 1].offset + pieces[next - 1].length;

		if (pieces[next].offset < end || pieces[next].offset - end > SCATTER_GAP_BYTES ||
		    pieces[next].offset + pieces[next].length - pieces[first].offset >
			    SCATTER_WINDOW_BYTES)
			break;
	}
	return next;
}

static int scatter_read_group(const struct scatter *scatter, size_t first, size_t end,
			      unsigned char *window)
{
	const struct scatter_piece *pieces = scatter->pieces;
	const struct scatter_piece *last = &pieces[end - 1];
	size_t bytes = (size_t)(last->offset + last->length - pieces[first].offset);
	int error;

	if (end - first == 1)
		return scatter_read(scatter->fd, last->data, last->length, last->offset);
	error = scatter_read(scatter->fd, window, bytes, pieces[first].offset);
	for (size_t i = first; !error && i < end; i++)
		memcpy(pieces[i].data, window + (pieces[i].offset - pieces[first].offset),
		       pieces[i].length);
	return error;
}

int scatter_by_through(struct scatter *scatter)
{
	unsigned char *window = aligned_alloc(WINDOW_ALIGNMENT, SCATTER_WINDOW_BYTES);
	size_t end;
	int error = 0;

	scatter->syscall = "pread";
	if (!window)
		return -ENOMEM;
	for (size_t at = 0; !error && at < scatter->count; at = end) {
		end = scatter_group_end(scatter, at);
		error = scatter_is_aborted(scatter) ? -ECANCELED
						    : scatter_read_group(scatter, at, end, window);
	}
	free(window);
	return error;
}
