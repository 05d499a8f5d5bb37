/* bus-range: mappings that anybody may touch, and zeros in the place of pages that are missing. */
#define _GNU_SOURCE 1
#include "io/bus-range.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Never freed, as a handler may be looking at it in another thread; used again when `end` is 0. */
struct bus_range {
	uintptr_t begin;
	uintptr_t end;
	size_t pages; /* What the next fault mends. */
	struct bus_range *next;
	int protection;
	bool is_taken;
	bool is_broken;
};

static struct bus_range *bus_ranges;
/* Of those who watch and forget; a handler takes no lock. */
static pthread_mutex_t bus_ranges_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int bus_range_menders;
static size_t bus_range_page_bytes;

static struct bus_range *bus_range_take(void)
{
	struct bus_range *range = bus_ranges;

	while (range && range->is_taken)
		range = range->next;
	if (range)
		return range;
	range = calloc(1, sizeof(*range));
	if (!range)
		return NULL;
	range->next = bus_ranges;
	__atomic_store_n(&bus_ranges, range, __ATOMIC_SEQ_CST);
	return range;
}

struct bus_range *bus_range_watch(const void *base, size_t bytes, int protection)
{
	struct bus_range *range;

	pthread_mutex_lock(&bus_ranges_lock);
	bus_range_page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	range = bus_range_take();
	if (range) {
		range->is_taken = true;
		range->is_broken = false;
		range->pages = 1;
		range->protection = protection;
		__atomic_store_n(&range->begin, (uintptr_t)base, __ATOMIC_SEQ_CST);
		__atomic_store_n(&range->end, (uintptr_t)base + bytes, __ATOMIC_SEQ_CST);
	}
	pthread_mutex_unlock(&bus_ranges_lock);
	return range;
}

bool bus_range_is_broken(const struct bus_range *range)
{
	return __atomic_load_n(&range->is_broken, __ATOMIC_ACQUIRE);
}

void bus_range_note(struct bus_range *range)
{
	__atomic_store_n(&range->is_broken, true, __ATOMIC_RELEASE);
}

void bus_range_forget(struct bus_range *range)
{
	pthread_mutex_lock(&bus_ranges_lock);
	__atomic_store_n(&range->end, 0, __ATOMIC_SEQ_CST);
	/* Who found it before is about to map pages into it; that takes microseconds. */
	while (__atomic_load_n(&bus_range_menders, __ATOMIC_SEQ_CST) > 0)
		sched_yield();
	range->is_taken = false;
	pthread_mutex_unlock(&bus_ranges_lock);
}

static bool bus_range_put_zeros(const struct bus_range *range, uintptr_t at, size_t bytes)
{
	return mmap((void *)at, bytes, range->protection,
		    MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

/*
 * Each fault mends twice as many pages as the one before: a bad sector costs one page, and a
 * gigabyte that was cut off no 262,144 signals and mappings, but 18.
 */
static bool bus_range_mend_in(struct bus_range *range, uintptr_t address, uintptr_t end)
{
	uintptr_t at = address & ~(uintptr_t)(bus_range_page_bytes - 1);
	size_t pages = __atomic_load_n(&range->pages, __ATOMIC_RELAXED);
	size_t left = (end - at + bus_range_page_bytes - 1) / bus_range_page_bytes;

	bus_range_note(range);
	__atomic_store_n(&range->pages, pages < left ? pages * 2 : left, __ATOMIC_RELAXED);
	return bus_range_put_zeros(range, at,
				   (pages < left ? pages : left) * bus_range_page_bytes) ||
		bus_range_put_zeros(range, at, bus_range_page_bytes);
}

bool bus_range_mend(uintptr_t address)
{
	struct bus_range *range;
	int error = errno;
	bool is_mended = false;

	__atomic_add_fetch(&bus_range_menders, 1, __ATOMIC_SEQ_CST);
	for (range = __atomic_load_n(&bus_ranges, __ATOMIC_SEQ_CST); range && !is_mended;
	     range = range->next) {
		uintptr_t end = __atomic_load_n(&range->end, __ATOMIC_SEQ_CST);

		if (address < end && address >= __atomic_load_n(&range->begin, __ATOMIC_SEQ_CST))
			is_mended = bus_range_mend_in(range, address, end);
	}
	__atomic_sub_fetch(&bus_range_menders, 1, __ATOMIC_SEQ_CST);
	errno = error;
	return is_mended;
}
