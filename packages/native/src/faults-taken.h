/* faults-taken: how many minor faults the kernel has counted for this process. */
#ifndef CROSSBILL_FAULTS_TAKEN_H
#define CROSSBILL_FAULTS_TAKEN_H

#include <errno.h>
#include <stdint.h>
#include <sys/resource.h>

/* Writes the count so far. Returns 0 or -errno. */
static inline int faults_taken(uint64_t *count)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -errno;
	*count = (uint64_t)usage.ru_minflt;
	return 0;
}

#endif
