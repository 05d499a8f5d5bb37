/*
 * bus-range: memory of a file's mapping that anybody may touch, JavaScript too, so that there is no
 * guard to leave: where the file has no page any more, one of zeros is put in its place.
 */
#ifndef CROSSBILL_IO_BUS_RANGE_H
#define CROSSBILL_IO_BUS_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus_range;

/*
 * Watches [base, base + bytes), mapped with this protection, until it is forgotten. Needs
 * bus_guard_install. NULL: out of memory.
 */
struct bus_range *bus_range_watch(const void *base, size_t bytes, int protection);
/* Whether a page was missing, or is known to be (bus_range_note). */
bool bus_range_is_broken(const struct bus_range *range);
/* A system call has met a missing page. */
void bus_range_note(struct bus_range *range);
/* Waits until no thread mends it; then the memory may be unmapped. */
void bus_range_forget(struct bus_range *range);

/* In the handler of SIGBUS: mends the page at this address, if it is in a range. */
bool bus_range_mend(uintptr_t address);

#endif
