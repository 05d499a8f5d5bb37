/* clock.h: the monotonic clock. */
#ifndef CROSSBILL_CLOCK_H
#define CROSSBILL_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds. Safe in a signal handler. */
static inline uint64_t clock_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

#endif
