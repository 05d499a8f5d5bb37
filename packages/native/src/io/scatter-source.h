/*
 * scatter-source: pieces as JavaScript names them, in pairs of doubles, and the memory that each
 * belongs to. They are checked and cut where they are used, so that nothing has to be listed
 * before.
 */
#ifndef CROSSBILL_IO_SCATTER_SOURCE_H
#define CROSSBILL_IO_SCATTER_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/arguments.h"

struct scatter_piece {
	uint64_t offset;
	unsigned char *data;
	size_t length;
};

struct scatter_source {
	/*
	 * Offset, length, offset, ... Volatile: a thread that shares them may change them, so each
	 * is read once, and what was read is checked.
	 */
	const volatile double *pairs;
	size_t count;
	/* Bytes of the file when the call was made: pieces are cut there. */
	uint64_t size;
	/* Back to back in `room`; or, unless NULL, each at the start of its own. */
	struct io_bytes room;
	struct io_bytes *rooms;
};

/* The next piece, and the bytes of those before it. */
struct source_cursor {
	size_t at;
	uint64_t bytes;
};

/* Cuts a pair at the end of the file. False when it is no pair of whole numbers. */
static inline bool scatter_cut(const struct scatter_source *source, size_t index,
			       struct scatter_piece *piece)
{
	double offset = source->pairs[index * 2];
	double length = source->pairs[index * 2 + 1];
	uint64_t left;

	/* Written so that NaN is refused too. */
	if (!(offset >= 0 && length >= 0 && offset + length <= IO_LARGEST_INTEGER))
		return false;
	/* Signed, as processors convert doubles to nothing else in one instruction. */
	piece->offset = (uint64_t)(int64_t)offset;
	piece->length = (size_t)(int64_t)length;
	if ((double)(int64_t)piece->offset != offset || (double)(int64_t)piece->length != length)
		return false;
	left = piece->offset < source->size ? source->size - piece->offset : 0;
	if (piece->length > left)
		piece->length = (size_t)left;
	return true;
}

/*
 * Takes the piece at the cursor, which may be empty. False when its numbers are none, or when its
 * memory is too small for it.
 */
static inline bool scatter_next(const struct scatter_source *source, struct source_cursor *cursor,
				struct scatter_piece *piece)
{
	const struct io_bytes *room = source->rooms ? &source->rooms[cursor->at] : &source->room;
	uint64_t before = source->rooms ? 0 : cursor->bytes;

	if (!scatter_cut(source, cursor->at, piece) || piece->length > room->length - before)
		return false;
	piece->data = room->data + before;
	cursor->bytes += piece->length;
	cursor->at++;
	return true;
}

#endif
