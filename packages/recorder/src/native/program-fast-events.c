// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-fast-events: as program-fast, with the hooks of system calls as perf events. */
#define SKELETON "generated/record-events.x86_64.lskel.h"
#define EVENTS
#define LOAD program_load_fast_events
#include "program-load.h"
