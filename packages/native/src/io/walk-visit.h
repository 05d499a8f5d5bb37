/* walk-visit: one visit of a folder: its next entries and what statx tells of them. */
#ifndef CROSSBILL_IO_WALK_VISIT_H
#define CROSSBILL_IO_WALK_VISIT_H

#include "io/walk-batch.h"
#include "io/walk-listing.h"
#include "io/walk-tree.h"
#include "io/work.h"

struct walk_options {
	/* How deep entries are told: those of the root have depth 1. Folders there are not entered.
	 */
	uint32_t depth;
	bool is_following;
	bool is_same_system;
	bool is_sorted;
};

struct walk_visit {
	struct walk_tree *tree;
	const struct walk_options *options;
	struct walk_batch *batch;
	/* That looks whether it is aborted. */
	const struct io_work *work;
	/* Of the folder visited, pinned; -1: not open, or not to be read. */
	int fd;
	struct walk_piece piece;
};

/*
 * Visits a folder that was taken from the tree. What fails with an entry is told in the batch.
 * Returns 0, or -errno that ends the walk: no memory, aborted, the root cannot be read.
 */
int walk_visit_folder(struct walk_visit *visit, struct walk_folder *folder);

#endif
