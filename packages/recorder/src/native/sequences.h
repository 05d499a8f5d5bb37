/* sequences.h: the order of reads, writes and seeks by descriptor, within a budget; both recorders
 * write it. */
#ifndef CROSSBILL_SEQUENCES_H
#define CROSSBILL_SEQUENCES_H

#include <stddef.h>
#include <stdint.h>

#include "descriptor-kind.h"

/* More is refused: 48 MB here, and the reader's strings grow with it. */
#define SEQUENCE_BUDGET_MAX 1000000

struct sequence_access {
	uint32_t process;
	uint32_t descriptor;
	uint64_t target;
	/* When it returned, by the monotonic clock. */
	uint64_t at;
	/* Where it began, or where a seek led; -1: no position. */
	int64_t offset;
	uint32_t asked;
	/* -errno when it failed. */
	int32_t moved;
	uint16_t nr;
	uint16_t kind;
};

/* `budget` 0: nothing is kept. Returns 0 or -ENOMEM. */
int sequences_open(size_t budget);
/* Keeps the access, or notes that it found no room. */
void sequences_add(const struct sequence_access *access);
/* There were accesses of this process to this target that are not kept; `target` 0: nobody knows
 * whose. */
void sequences_drop(uint32_t process, uint64_t target);
/* Writes the "sequence" and "accesses" lines, times counted from `began` on. */
void sequences_write_all(uint64_t began);

#endif
