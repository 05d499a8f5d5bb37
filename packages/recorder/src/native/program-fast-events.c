// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-fast-events: as program-fast, with the hooks of system calls as perf events. */
#define _GNU_SOURCE
#include <errno.h>

#include "program.h"

#if defined(__x86_64__)
/* What is generated narrows lengths that it knows to fit. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include "generated/record-events.x86_64.lskel.h"
#pragma GCC diagnostic pop
#else
#error "no generated kernel program for this architecture yet: make bpf"
#endif

#define EVENTS
#define LOAD program_load_fast_events
#include "program-load.h"
