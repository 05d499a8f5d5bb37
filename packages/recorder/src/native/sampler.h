/* sampler.h: the cpu-clock that shows where CPU time goes. */
#ifndef CROSSBILL_SAMPLER_H
#define CROSSBILL_SAMPLER_H

#include <stdint.h>
#include <sys/types.h>

/* 997 Hz: a prime, so that nothing periodic in the program keeps step with it. */
#define SAMPLER_PERIOD_NS 1003009

/*
 * Samples whatever runs on each CPU; `program_fd` is run at each tick. One clock a CPU, not one a
 * task: a task's own clock begins anew with each task, so that tasks shorter than a period would
 * never be seen. Returns 0 or -errno.
 */
int sampler_open(int program_fd);

void sampler_close(void);

#endif
