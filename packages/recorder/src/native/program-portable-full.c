// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-portable-full: the kernel side for kernels that lack bpf_rdonly_cast and allow fentry and
 * fexit: page faults are timed. */
#define SKELETON "generated/record-portable-full.x86_64.lskel.h"
#define FAULT_TIME
#define LOAD program_load_portable_full
#include "program-load.h"
