/*
 * user-dispatch: syscall user dispatch (Linux 5.11). Each system call of this thread becomes a
 * SIGSYS, whose handler counts it and makes it on the thread's behalf.
 */
#ifndef CROSSBILL_USER_DISPATCH_H
#define CROSSBILL_USER_DISPATCH_H

#include <stdint.h>

/* Prepares it; calls are counted in `*seen`. Returns 0 or -errno. */
int user_dispatch_open(uint64_t *seen);
/* From here on, until user_dispatch_end. */
void user_dispatch_begin(void);
void user_dispatch_end(void);

#endif
