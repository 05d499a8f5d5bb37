/* cold-pieces: pieces of a file that are in the page cache, or on a disk, or on a slow disk. */
#ifndef CROSSBILL_COLD_PIECES_H
#define CROSSBILL_COLD_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "device-throttle.h"
#include "parameters.h"
#include "pieces.h"
#include "tally.h"

enum cold_pieces_state {
	PIECES_WARM,
	PIECES_COLD,
	/* Cold, and this process gets few reads a second from the disk. */
	PIECES_THROTTLED,
};

struct cold_pieces {
	struct pieces pieces; /* each one page of the file */
	enum cold_pieces_state state;
	uint64_t file_bytes;
	/* Of the whole file, to ask which of its pages are cached. */
	void *mapping;
	struct device_throttle throttle;
	unsigned int reads; /* a second, that the throttle lets pass */
	uint64_t met_ns;    /* when the throttle last held a read back */
	uint64_t draws;	    /* random numbers drawn */
	uint64_t device_bytes_before;
};

/*
 * Takes the parameters folder, pieces, state (warm, cold, throttled) and reads (a second). The file
 * in the folder is made by the first process that asks for it. Returns 0 or -errno with the words
 * for it; cold_pieces_close is due in both cases.
 */
int cold_pieces_open(struct cold_pieces *cold, struct parameters *parameters);
void cold_pieces_close(struct cold_pieces *cold);

/*
 * Sees to it that all of the pieces are cached, or that none is and they are in new places. Returns
 * 0 or -errno.
 */
int cold_pieces_ready(struct cold_pieces *cold);
/* Checks the bytes that arrived, and counts the bytes that the device was asked for. */
int cold_pieces_done(const struct cold_pieces *cold, struct tally *tally);

#endif
