/* crossing.h: makes a finished call of an entry stop and an exit stop. */
#ifndef CROSSBILL_CROSSING_H
#define CROSSBILL_CROSSING_H

#include <stdint.h>

#include "tracee.h"

/*
 * Every call stops twice. A seccomp filter (SECCOMP_RET_TRACE) would spare some calls their stops,
 * but it outlives us: once the tracer is gone the kernel answers every traced call with ENOSYS. A
 * target that must run on unharmed when we are killed cannot have one.
 */

/* The thread stands at the entry or the exit of a call; `at` is when we saw it stop, ns. */
void crossing_stop(struct tracee *tracee, uint64_t at);

#endif
