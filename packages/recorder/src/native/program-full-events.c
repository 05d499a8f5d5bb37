// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-full-events: as program-full, with the hooks of system calls as perf events. */
#define SKELETON "generated/record-full-events.x86_64.lskel.h"
#define FAULT_TIME
#define EVENTS
#define LOAD program_load_full_events
#include "program-load.h"
