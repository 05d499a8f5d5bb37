/* fixes.h: which fixes the runner asked for. */
#ifndef CROSSBILL_LIVE_FIXES_H
#define CROSSBILL_LIVE_FIXES_H

#include <stdbool.h>
#include <stdint.h>

/* Nothing held or remembered grows older, but where every thread blocks all signals. A person does
 * not notice it, and a peer that waits gets its bytes at once anyway, since a program that waits
 * lets go of all it holds. */
#define FIXES_AGE_NS INT64_C(10000000)

struct fixes {
	bool reads;  /* look ahead in regular files and pipes */
	bool writes; /* gather small writes to regular files and pipes */
	bool paths;  /* remember what stat, access and open said of a path */
	bool syncs;  /* one fsync for many; unsafe */
	int64_t paths_ns;
};

extern struct fixes fixes;

void fixes_read(void);

/* CLOCK_MONOTONIC_COARSE: a few ns, true to the kernel's tick of at most 10 ms. */
int64_t fixes_now_ns(void);

#endif
