// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-portable: the kernel side for kernels from 5.18 on that lack bpf_rdonly_cast. */
#define _GNU_SOURCE
#include <errno.h>

#include "program.h"

#if defined(__x86_64__)
#include "generated/record-portable.x86_64.lskel.h"
#else
#error "no generated kernel program for this architecture yet: make bpf"
#endif

#define LOAD program_load_portable
#include "program-load.h"
