/*
 * walk-batch: entries found by a walk, until JavaScript takes them: columns of their status, their
 * names, and the paths of their folders. packages/io/src/walk-batch.ts knows the layout too.
 */
#ifndef CROSSBILL_IO_WALK_BATCH_H
#define CROSSBILL_IO_WALK_BATCH_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/status-columns.h"
#include "io/walk-listing.h"
#include "io/walk-tree.h"

/* Full from here on: two or three milliseconds of work, so that abort and other work wait no
 * longer. */
#define WALK_BATCH_ENTRIES 2048u
/* One piece more always fits, with its folder and an error. */
#define WALK_BATCH_ROOM (WALK_BATCH_ENTRIES + WALK_PIECE_ENTRIES + 2u)

struct walk_bytes {
	unsigned char *data;
	size_t used;
	size_t room;
};

/* Entries from `first` on lie in the folder of this path, which is relative to the root. */
struct walk_run {
	uint32_t first;
	uint32_t depth;
	uint32_t path_begin;
	uint32_t path_end;
};

struct walk_batch {
	struct status_columns columns;
	uint32_t name_ends[WALK_BATCH_ROOM];
	uint32_t count;
	/* Each ended by NUL. */
	struct walk_bytes names;
	struct walk_bytes paths;
	struct walk_bytes runs;
};

/* The path of a folder in `paths`; that of its parent is the beginning of it. */
struct walk_path {
	uint32_t begin;
	uint32_t parent_end;
	uint32_t end;
};

/* Returns 0 or -ENOMEM, as do those below. */
int walk_batch_open(struct walk_batch *batch);
void walk_batch_close(struct walk_batch *batch);
bool walk_batch_is_full(const struct walk_batch *batch);

int walk_batch_path(struct walk_batch *batch, const struct walk_folder *folder,
		    struct walk_path *path);
/* What is put from here on lies in the folder of this path. */
int walk_batch_run(struct walk_batch *batch, uint32_t depth, uint32_t path_begin,
		   uint32_t path_end);
int walk_batch_put(struct walk_batch *batch, const char *name, const struct statx *status,
		   int error);

/* All of it as one ArrayBuffer, or NULL with an exception pending. */
napi_value walk_batch_value(napi_env env, const struct walk_batch *batch, bool is_done);

#endif
