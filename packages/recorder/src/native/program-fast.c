// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* program-fast: the kernel side for Linux 6.2 and later, which reads open files without helper
 * calls. */
#define SKELETON "generated/record.x86_64.lskel.h"
#define LOAD program_load_fast
#include "program-load.h"
