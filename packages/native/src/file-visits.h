/*
 * file-visits: a file in the page cache and the pieces of it that are used, in an order: equal work
 * for every way to get at them.
 *
 * Parameters: bytes (cached), cached (bytes of them in every 64 KiB of the file), piece (bytes a
 * write of the file), kind=disk|memory, visit (bytes used at once), step (from one visit to
 * the next), order=sequential|random, passes (how often all of it is done).
 */
#ifndef CROSSBILL_FILE_VISITS_H
#define CROSSBILL_FILE_VISITS_H

#include <stddef.h>
#include <stdint.h>

#include "parameters.h"

struct file_visits {
	int fd;
	/* Bytes from the start of the file to its end, holes included. */
	size_t span;
	/* Bytes used at each visit. */
	size_t visit;
	uint64_t passes;
	/* Where the visits begin, in their order. */
	uint64_t *offsets;
	size_t count;
	/* Different pages that are visited. */
	uint64_t pages;
	/* What the words of all visits of all passes add up to. */
	uint64_t sum;
};

/* Makes the file and the order. Returns 0 or -errno. */
int file_visits_open(struct file_visits *visits, struct parameters *parameters);
void file_visits_close(struct file_visits *visits);

#endif
