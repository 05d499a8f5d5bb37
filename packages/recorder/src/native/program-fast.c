// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-fast: the kernel side for Linux 6.2 and later, which reads open files without helper
 * calls. */
#define _GNU_SOURCE
#include <errno.h>

#include "program.h"

#if defined(__x86_64__)
/* What is generated narrows lengths that it knows to fit. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include "generated/record.x86_64.lskel.h"
#pragma GCC diagnostic pop
#else
#error "no generated kernel program for this architecture yet: make bpf"
#endif

#define LOAD program_load_fast
#include "program-load.h"
