/* residency: how much of a file's pieces the page cache holds, as the kernel tells it. */
#ifndef CROSSBILL_IO_RESIDENCY_H
#define CROSSBILL_IO_RESIDENCY_H

#include "io/arguments.h"

/*
 * The share of pieces, cut at `size`, that are in the page cache, of at most RESIDENCY_SAMPLES
 * asked about, evenly spread over the list: 0 to 1. Negative when the kernel does not tell. Starts
 * no reading.
 */
#define RESIDENCY_SAMPLES 64u
double residency_share(int fd, uint64_t size, const struct io_ranges *ranges);

#endif
