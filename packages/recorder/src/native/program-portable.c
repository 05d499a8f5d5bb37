// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-portable: the kernel side for kernels from 5.18 on that lack bpf_rdonly_cast. */
#define _GNU_SOURCE
#include <errno.h>

#include "program.h"

#if defined(__x86_64__)
/* What is generated narrows lengths that it knows to fit. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include "generated/record-portable.x86_64.lskel.h"
#pragma GCC diagnostic pop
#else
#error "no generated kernel program for this architecture yet: make bpf"
#endif

#define LOAD program_load_portable
#include "program-load.h"
