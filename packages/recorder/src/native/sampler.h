/* sampler.h: the cpu-clock that shows where CPU time goes. */
#ifndef CROSSBILL_SAMPLER_H
#define CROSSBILL_SAMPLER_H

#include <stdint.h>
#include <sys/types.h>

/* 997 Hz: a prime, so that nothing periodic in the program keeps step with it. */
#define SAMPLER_PERIOD_NS 1003009

/*
 * Samples the task and all it will create, on whichever CPU they run; only their own time is
 * touched. `program_fd` is run at each tick. Returns the descriptor or -errno.
 */
int sampler_open(pid_t tid, int program_fd);

/* The same for every thread the process has now. Threads that end meanwhile do not matter. */
void sampler_open_all(pid_t pid, int program_fd);

#endif
