/* run-queue: how long this process stood ready to run while others ran. */
#include "run-queue.h"

#include <stdio.h>

uint64_t run_queue_ns(void)
{
	/* ns on the CPU, ns waiting for it, time slices (Documentation/scheduler/sched-stats). */
	FILE *file = fopen("/proc/self/schedstat", "re");
	unsigned long long waited = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %llu", &waited) != 1)
		waited = 0;
	fclose(file);
	return waited;
}
