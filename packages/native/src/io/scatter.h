/* scatter: pieces of a file and the memory that each belongs to, and the ways to move them. */
#ifndef CROSSBILL_IO_SCATTER_H
#define CROSSBILL_IO_SCATTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/scatter-source.h"
#include "io/view.h"
#include "io/work.h"

/* One read takes in near pieces, and what lies between: up to so much, in gaps of so much. */
#define SCATTER_WINDOW_BYTES (256u << 10)
#define SCATTER_GAP_BYTES (16u << 10)

struct scatter {
	int fd;
	struct scatter_source source;
	/* What the pieces come to, as JavaScript reckoned it: it steers, and is not relied on. */
	uint64_t bytes_expected;
	/* The pieces of `source` that are not empty, for the ways that need to see them listed. */
	struct scatter_piece *pieces;
	size_t count;
	/* Of all pieces. */
	uint64_t bytes;
	/* Written so far, in the order of the pieces. */
	uint64_t written;
	struct view *view;
	/* Fill the view's page tables first. */
	bool is_populating;
	/* That it is done by, which can be aborted; NULL: done at once, to the end. */
	const struct io_work *work;
	const char *syscall;
};

/* A way to move all pieces. Returns 0 or -errno, IO_TRUNCATED or -ECANCELED. */
typedef int scatter_way(struct scatter *scatter);

scatter_way scatter_by_mapping, scatter_by_uring, scatter_by_through, scatter_by_pread,
	scatter_by_pwrite;

static inline bool scatter_is_aborted(const struct scatter *scatter)
{
	return scatter->work && io_work_is_aborted(scatter->work);
}

/*
 * Reads one whole piece, which was in the file when the call was made. Returns 0 or -errno,
 * IO_TRUNCATED when it is there no more.
 */
int scatter_read(int fd, unsigned char *data, size_t length, uint64_t offset);

#endif
