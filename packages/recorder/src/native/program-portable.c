// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-portable: the kernel side for kernels from 5.18 on that lack bpf_rdonly_cast. */
#define SKELETON "generated/record-portable.x86_64.lskel.h"
#define LOAD program_load_portable
#include "program-load.h"
