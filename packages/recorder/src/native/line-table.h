/* line-table.h: adds calls up: by process, call, error and target, in bounded memory. */
#ifndef CROSSBILL_LINE_TABLE_H
#define CROSSBILL_LINE_TABLE_H

#include <stdint.h>

#include "target-table.h"

/* Lines in all. The last quarter is kept for lines without a target, then only sums are kept. */
#define LINES_MAX 16384
/* Not itemised lines: (call, error). */
#define SUMS_MAX 4096
/* Cell 0 counts zeros, cell k values up to 2^(k-1); the last one is open. */
#define LINE_CELLS 48

/* One call. Of one that did not leave only its key and its waiting mean something. */
struct line_call {
	uint32_t process;
	uint32_t nr;
	/* Positive errno, 0 for success. */
	uint16_t error;
	enum descriptor_kind kind;
	/* May be NULL. */
	const struct target *target;
	/* Moves bytes: `bytes` and `asked` mean something. */
	bool moves;
	/* Was at a known offset; began where the one before had ended. */
	bool positioned;
	bool sequential;
	/* Asked what is ready, and nothing was. */
	bool empty;
	uint64_t bytes;
	uint64_t asked;
	/* All ns. */
	uint64_t duration;
	uint64_t cpu;
	uint64_t wait_other;
};

/* Returns 0, or -ENOMEM when there is not even memory for the empty tables. */
int line_open(void);
void line_add(const struct line_call *call);
/* A call that was entered and will not be seen leaving. False: there was room only for its number.
 */
bool line_add_unfinished(const struct line_call *call);

/* Calls seen leaving; without a process and target; in no line; that ended their thread; others. */
struct line_audit {
	uint64_t left;
	uint64_t unitemised;
	uint64_t lost;
	uint64_t exits;
	uint64_t in_flight;
};
const struct line_audit *line_audit(void);

/* Writes the "line" and the "unfinished" lines. */
void line_write_all(void);

#endif
