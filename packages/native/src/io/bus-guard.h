/*
 * bus-guard: touches memory of a file's mapping without dying of SIGBUS when the file has become
 * shorter. Signals of other addresses are bus-range.c's, or go to whoever handled them before.
 */
#ifndef CROSSBILL_IO_BUS_GUARD_H
#define CROSSBILL_IO_BUS_GUARD_H

#include <stdbool.h>
#include <stddef.h>

/* Handles SIGBUS from here on; once a process, from any thread. Returns 0 or -errno. */
int bus_guard_install(void);

/*
 * Calls `touch(argument)`, which may read and write [mapping, mapping + bytes) in this thread.
 * Returns false when it met a page that the file no longer has: `touch` was then left where it
 * stood, so it must hold no lock and own nothing. Guards may be nested.
 */
bool bus_guard_run(const void *mapping, size_t bytes, void (*touch)(void *argument),
		   void *argument);

#endif
