// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-full: the kernel side as program-fast has it, with page faults timed by fentry and fexit.
 */
#define SKELETON "generated/record-full.x86_64.lskel.h"
#define FAULT_TIME
#define LOAD program_load_full
#include "program-load.h"
