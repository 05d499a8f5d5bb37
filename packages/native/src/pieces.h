/* pieces: equally large pieces of a file with gaps between them, and where each of them belongs. */
#ifndef CROSSBILL_PIECES_H
#define CROSSBILL_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parameters.h"

/* IOV_MAX of Linux: what one vectored call can name. */
#define PIECES_MOST 1024u

struct pieces {
	/* The file, in the page cache; -1 until there is one. */
	int fd;
	unsigned int count;
	size_t bytes;	/* of one piece */
	uint64_t gap;	/* bytes between two neighbours */
	uint64_t range; /* bytes from the first piece to the end of the last */
	/* Where piece i begins in the file. */
	uint64_t *offsets;
	/* Piece i belongs at i times `stride`. */
	unsigned char *buffers;
	size_t stride;
};

enum pieces_order {
	/* As a list of places in a file comes to a program: no prefetcher can guess the next. */
	PIECES_SHUFFLED,
	PIECES_ASCENDING,
};

/*
 * Takes the parameters pieces (1), bytes (64) and gap (4,096) and makes places and buffers.
 * Returns 0 or -errno; pieces_close is due in both cases.
 */
int pieces_open(struct pieces *pieces, struct parameters *parameters, enum pieces_order order);
void pieces_close(struct pieces *pieces);

/* The 8 bytes at a place: a bijection, so that no two places hold the same (splitmix64's finish).
 */
uint64_t pieces_word(uint64_t index);
/* Writes `bytes` bytes to a file, each 8 of which tell their place. Returns 0 or -errno. */
int pieces_write(int fd, uint64_t bytes);
/* A nameless file that holds all pieces, in the page cache. Returns 0 or -errno. */
int pieces_file(struct pieces *pieces);

static inline unsigned char *pieces_buffer(const struct pieces *pieces, unsigned int index)
{
	return pieces->buffers + index * pieces->stride;
}

/* Spoils both ends of each buffer, so that what was there before is no proof. */
void pieces_spoil(const struct pieces *pieces);
/* Whether `data` are the bytes that the file holds from `offset` on. */
bool pieces_equal(const struct pieces *pieces, const unsigned char *data, uint64_t offset);
/* How many buffers hold the piece that belongs there. */
unsigned int pieces_arrived(const struct pieces *pieces);
/* 0 when all of them do, else -EIO, with the words for it. */
int pieces_verify(const struct pieces *pieces);

#endif
