/* sampler.h: the cpu-clock that shows where CPU time goes, and a sample of the page faults. */
#ifndef CROSSBILL_SAMPLER_H
#define CROSSBILL_SAMPLER_H

#include <stdint.h>
#include <sys/types.h>

/* 499 Hz: a prime, so that nothing periodic in the program keeps step with it. Every program on the
 * machine pays for a tick, in a virtual machine up to 50 us (measured as 8 ns on each 170 ns call
 * at 997 Hz): half as many keep what a bystander pays below four fifths of an empty pair of hooks.
 */
#define SAMPLER_PERIOD_NS 2004008

/* One minor fault in so many is looked at: a prime, as above. Counting them costs up to 150 ns a
 * fault of 1.8 us, so after the first interval, which is all there is of a short program, they are
 * counted in one interval of so many. */
#define SAMPLER_FAULTS 127
#define SAMPLER_INTERVAL_NS 50000000ull
#define SAMPLER_INTERVALS 8

/*
 * Samples whatever runs on each CPU; `program_fd` is run at each tick. One clock a CPU, not one a
 * task: a task's own clock begins anew with each task, so that tasks shorter than a period would
 * never be seen. Returns 0 or -errno.
 */
int sampler_open(int program_fd);

/* Runs `program_fd` at a sample of the minor faults of each CPU. Where the kernel refuses, there
 * are no samples of faults, and nothing else is lost. */
void sampler_open_faults(int program_fd);

/* Lets the sample of faults begin or rest, as the time now wants it; to be called several times an
 * interval. Returns for how many a fault sampled from now on stands, in units of SAMPLER_FAULTS. */
uint32_t sampler_pace_faults(uint64_t now);

void sampler_close(void);

#endif
