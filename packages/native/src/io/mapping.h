/* mapping: a part of a file as memory that JavaScript holds; it unmaps when nothing uses it more.
 */
#ifndef CROSSBILL_IO_MAPPING_H
#define CROSSBILL_IO_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/bus-range.h"
#include "io/work.h"

/* By the numbers of `flags` in packages/io/src/map.ts. */
#define MAPPING_SHARED 1u
#define MAPPING_POPULATE 2u
#define MAPPING_SEQUENTIAL 4u
#define MAPPING_RANDOM 8u
#define MAPPING_HUGE_PAGES 16u
#define MAPPING_LOCK 32u
#define MAPPING_FLAGS 63u

/* Counted in JavaScript's thread alone: work in the pool is a user from its begin to its end. */
struct mapping {
	unsigned char *pages; /* Where the first page of it begins. */
	size_t lead;	      /* Bytes of that page before the part. */
	size_t length;	      /* Of the part; 0: nothing is mapped, or nothing any more. */
	struct bus_range *range;
	unsigned int users; /* Of the memory. */
	bool is_held;	    /* Its ArrayBuffer is there, if only detached. */
};

/* Which part of an open file, and how. */
struct mapping_wish {
	uint64_t offset;
	uint64_t length;
	uint64_t most; /* A longer part is refused. */
	unsigned int flags;
};

/* Maps the part, cut at the file's end, with one user. Returns 0, -errno or -IO_..., and sets the
 * system call that failed. */
int mapping_open(int fd, const struct mapping_wish *wish, struct mapping **mapping,
		 const char **syscall);
/* The mapping behind a value of mapFile, with one user more. False with an exception pending. */
bool mapping_take(napi_env env, napi_value value, struct mapping **mapping);
/* With the last user the memory is unmapped; the structure is freed when it is not held either. */
void mapping_drop(struct mapping *mapping);
/* Whether a page was missing. */
bool mapping_is_broken(const struct mapping *mapping);

/* Of [offset, offset + length) of the part, which are inside of it: asks the disk for its pages. */
void mapping_will_need(const struct mapping *mapping, size_t offset, size_t length);
/* Waits for them, and fills the page tables. Returns 0, -ECANCELED or -IO_TRUNCATED. */
int mapping_populate(const struct mapping *mapping, size_t offset, size_t length,
		     const struct io_work *work);
/* Writes its changes to the file. Returns 0, -errno or -IO_TRUNCATED. */
int mapping_flush(const struct mapping *mapping, size_t offset, size_t length);

#endif
