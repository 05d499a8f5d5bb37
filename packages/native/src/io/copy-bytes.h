/* copy-bytes: moves what one open file holds to another, by the way that moves least. */
#ifndef CROSSBILL_IO_COPY_BYTES_H
#define CROSSBILL_IO_COPY_BYTES_H

#include <stdbool.h>
#include <stdint.h>

#include "io/work.h"

/* From the one that moves least to the one that always works; by the numbers of copy.ts. */
enum copy_way { COPY_REFLINK, COPY_RANGE, COPY_SENDFILE, COPY_READ_WRITE, COPY_WAYS };

/* Whether the blocks may be shared, and whether they must be; by the numbers of copy.ts. */
enum copy_reflink { COPY_REFLINK_AUTO, COPY_REFLINK_ALWAYS, COPY_REFLINK_NEVER };

/* Looked at by JavaScript while a thread copies. */
struct copy_progress {
	uint64_t done;
	/* 0 while it is not known. */
	uint64_t total;
};

struct copy {
	int from;
	int to;
	bool is_from_regular;
	bool is_to_regular;
	/* Bytes of the source when the call was made: what it grows by meanwhile is not copied. 0
	 * where the kernel does not say (pipes, files of /proc): then all until its end. */
	uint64_t size;
	enum copy_reflink reflink;
	/* That it is done by, and which can be aborted. */
	const struct io_work *work;
	struct copy_progress *progress;

	/* What has moved last, and why the ways before it did not: errnos, 0 where they were not
	 * tried. */
	enum copy_way way;
	int refusals[COPY_WAYS];
	uint64_t done;
	/* Of the failure: the system call, and whether it was the target's. */
	const char *syscall;
	bool is_target_failure;
};

/* Returns 0, -errno, -IO_TRUNCATED, -ECANCELED. Holes of the source are holes of the target. */
int copy_bytes(struct copy *copy);

#endif
