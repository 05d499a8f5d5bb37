/*
 * kernel-trips: how often the kernel's network polling (NAPI) ran in this process's name: the
 * kernel's part in a message that no count of system calls shows.
 */
#ifndef CROSSBILL_KERNEL_TRIPS_H
#define CROSSBILL_KERNEL_TRIPS_H

#include <stdint.h>

/*
 * Begins to count, by the tracepoint napi:napi_poll, which slows what it counts. Returns a
 * descriptor or -errno, with the refusal said.
 */
int kernel_trips_open(void);
/* Trips so far. Returns 0 or -errno. */
int kernel_trips_read(int fd, uint64_t *trips);

#endif
