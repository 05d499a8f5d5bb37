/*
 * scatter-direct: pieces of a file that was opened with O_DIRECT, whatever their places. What is
 * read comes in whole blocks to aligned memory, by the way that was chosen, and is copied from
 * there. What is written in whole blocks goes there by aligned memory; the rest through the page
 * cache, where the kernel sees to it that two writers to one block do not lose each other's bytes.
 */
#define _GNU_SOURCE 1
#include "io/scatter-direct.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"

/* All that is under way at a time; what a batch of pieces has room for. */
#define BOUNCE_BYTES ((size_t)8 << 20)
#define BATCH_PIECES 4096u
/* Where the kernel tells nothing of use: no disk asks for more. */
#define DEFAULT_UNIT 4096u
#define MOST_UNIT (1u << 20)

/* A part of a piece, and where it stands in the aligned memory. */
struct direct_part {
	unsigned char *to;
	const unsigned char *from;
	size_t length;
};

/* A batch of pieces: the windows of whole blocks that hold them, back to back in `bounce`. */
struct direct {
	struct scatter *scatter;
	uint64_t unit;
	/* The whole blocks of the file; the last, which is not whole, begins here. */
	uint64_t whole_bytes;
	/* Where the next batch begins: in a piece, so many bytes from its start. */
	size_t piece;
	size_t at;
	unsigned char *bounce;
	size_t used;
	struct scatter_piece windows[BATCH_PIECES];
	size_t window_count;
	struct direct_part parts[BATCH_PIECES];
	size_t part_count;
	/* The windows without the last block. */
	struct scatter_piece bodies[BATCH_PIECES];
};

/*
 * What offsets, lengths and addresses are to be multiples of. A page at least: where a write past
 * the page cache and one through it share a page, the kernel may fail to drop what the cache has of
 * it.
 */
static uint64_t direct_unit(int fd)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t unit = 0;
#ifdef STATX_DIOALIGN
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
	    status.stx_mask & STATX_DIOALIGN)
		unit = status.stx_dio_offset_align > status.stx_dio_mem_align
			? status.stx_dio_offset_align
			: status.stx_dio_mem_align;
#endif
	if (unit > MOST_UNIT || (unit & (unit - 1)) != 0)
		unit = DEFAULT_UNIT;
	return unit > page ? unit : page;
}

static uint64_t direct_up(const struct direct *direct, uint64_t offset)
{
	return (offset + direct->unit - 1) & ~(direct->unit - 1);
}

/* The window that `offset` goes to: the last one, when it is within or follows, else another. */
static struct scatter_piece *direct_window(struct direct *direct, uint64_t offset)
{
	struct scatter_piece *last = &direct->windows[direct->window_count];

	if (direct->window_count > 0) {
		last--;
		if (offset >= last->offset && offset <= last->offset + last->length)
			return last;
		last++;
	}
	*last = (struct scatter_piece){
		.offset = offset & ~(direct->unit - 1),
		.data = direct->bounce + direct->used,
	};
	direct->window_count++;
	return last;
}

/* Takes in the next part of a piece. False when there is no more room. */
static bool direct_add(struct direct *direct)
{
	const struct scatter_piece *piece = &direct->scatter->pieces[direct->piece];
	uint64_t offset = piece->offset + direct->at;
	uint64_t end = piece->offset + piece->length;
	struct scatter_piece *window;
	uint64_t window_end, most_end;

	if (direct->part_count == BATCH_PIECES || BOUNCE_BYTES - direct->used < direct->unit)
		return false;
	window = direct_window(direct, offset);
	window_end = window->offset + window->length;
	most_end = window_end + (BOUNCE_BYTES - direct->used) / direct->unit * direct->unit;
	if (end > most_end)
		end = most_end;
	if (end > window_end) {
		size_t more = (size_t)(direct_up(direct, end) - window_end);

		window->length += more;
		direct->used += more;
	}
	direct->parts[direct->part_count++] = (struct direct_part){
		.to = piece->data + direct->at,
		.from = window->data + (offset - window->offset),
		.length = (size_t)(end - offset),
	};
	direct->at += (size_t)(end - offset);
	return true;
}

static void direct_fill(struct direct *direct)
{
	direct->used = direct->window_count = direct->part_count = 0;
	while (direct->piece < direct->scatter->count && direct_add(direct))
		if (direct->at == direct->scatter->pieces[direct->piece].length) {
			direct->piece++;
			direct->at = 0;
		}
}

/* The last block, of which the file has only the begin. */
static int direct_read_end(struct direct *direct, unsigned char *data)
{
	size_t needed = (size_t)(direct->scatter->source.size - direct->whole_bytes);
	ssize_t got;

	direct->scatter->syscall = "pread";
	do
		got = pread(direct->scatter->fd, data, direct->unit, (off_t)direct->whole_bytes);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return (size_t)got < needed ? -IO_TRUNCATED : 0;
}

static int direct_read_windows(struct direct *direct, scatter_way *way)
{
	struct scatter inner = *direct->scatter;
	int error;

	inner.pieces = direct->bodies;
	inner.count = inner.bytes = 0;
	for (size_t i = 0; i < direct->window_count; i++) {
		struct scatter_piece body = direct->windows[i];

		if (body.offset + body.length > direct->whole_bytes)
			body.length = body.offset < direct->whole_bytes
				? (size_t)(direct->whole_bytes - body.offset)
				: 0;
		inner.bytes += body.length;
		direct->bodies[inner.count] = body;
		inner.count += body.length > 0;
	}
	error = way(&inner);
	direct->scatter->syscall = inner.syscall;
	for (size_t i = 0; !error && i < direct->window_count; i++) {
		const struct scatter_piece *window = &direct->windows[i];

		if (window->offset + window->length > direct->whole_bytes)
			error = direct_read_end(
				direct, window->data + (direct->whole_bytes - window->offset));
	}
	return error;
}

static int direct_read(struct direct *direct, scatter_way *way)
{
	int error = 0;

	direct->whole_bytes = direct->scatter->source.size & ~(direct->unit - 1);
	while (!error && direct->piece < direct->scatter->count) {
		direct_fill(direct);
		error = scatter_is_aborted(direct->scatter) ? -ECANCELED
							    : direct_read_windows(direct, way);
		for (size_t i = 0; !error && i < direct->part_count; i++)
			memcpy(direct->parts[i].to, direct->parts[i].from, direct->parts[i].length);
	}
	return error;
}

/* The same file once more, through the page cache. Returns a descriptor or -errno. */
static int direct_open_cached(int fd)
{
	char path[sizeof("/proc/self/fd/") + 12];
	int cached;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	cached = open(path, O_WRONLY | O_CLOEXEC);
	return cached < 0 ? -errno : cached;
}

/* What of a piece can be written at once: whole blocks, or what the page cache is needed for. */
static ssize_t direct_write_some(struct direct *direct, const struct scatter_piece *piece,
				 int *cached)
{
	uint64_t offset = piece->offset + direct->at;
	size_t left = piece->length - direct->at;
	size_t within = (size_t)(offset & (direct->unit - 1));
	ssize_t put;

	if (within == 0 && left >= direct->unit) {
		if (left > BOUNCE_BYTES)
			left = BOUNCE_BYTES;
		left &= ~(size_t)(direct->unit - 1);
		memcpy(direct->bounce, piece->data + direct->at, left);
		put = pwrite(direct->scatter->fd, direct->bounce, left, (off_t)offset);
	} else {
		if (left > direct->unit - within)
			left = (size_t)direct->unit - within;
		if (*cached < 0)
			*cached = direct_open_cached(direct->scatter->fd);
		if (*cached < 0)
			return *cached;
		put = pwrite(*cached, piece->data + direct->at, left, (off_t)offset);
	}
	return put < 0 ? -errno : put;
}

static int direct_write(struct direct *direct)
{
	struct scatter *scatter = direct->scatter;
	int cached = -1;
	int error = 0;

	scatter->syscall = "pwrite";
	while (!error && direct->piece < scatter->count) {
		const struct scatter_piece *piece = &scatter->pieces[direct->piece];
		ssize_t put = scatter_is_aborted(scatter)
			? -ECANCELED
			: direct_write_some(direct, piece, &cached);

		if (put > 0) {
			scatter->written += (uint64_t)put;
			direct->at += (size_t)put;
		} else if (put != -EINTR) {
			error = put < 0 ? (int)put : -EIO;
		}
		if (direct->at == piece->length) {
			direct->piece++;
			direct->at = 0;
		}
	}
	if (cached >= 0)
		close(cached);
	return error;
}

int scatter_by_direct(struct scatter *scatter, scatter_way *way)
{
	struct direct *direct = calloc(1, sizeof(*direct));
	int error = -ENOMEM;

	scatter->syscall = "malloc";
	if (!direct)
		return error;
	direct->scatter = scatter;
	direct->unit = direct_unit(scatter->fd);
	direct->bounce = aligned_alloc(direct->unit, BOUNCE_BYTES);
	if (direct->bounce)
		error = way == scatter_by_pwrite ? direct_write(direct) : direct_read(direct, way);
	free(direct->bounce);
	free(direct);
	return error;
}
