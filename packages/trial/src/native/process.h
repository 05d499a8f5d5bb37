/* process.h: in which process this is, and whether anything may be kept from the kernel in it. */
#ifndef CROSSBILL_LIVE_PROCESS_H
#define CROSSBILL_LIVE_PROCESS_H

#include <stdbool.h>

/* Between our constructor and our destructor, and not in the child of a vfork, whose memory is the
 * parent's. */
bool process_is_ours(void);
/* Whether children live that may share our open files. */
bool process_has_children(void);
void process_add_children(int count);
/* The child of a vfork is about to become another program, or failed to. */
void process_leave_vfork(bool leaves);
/* No destructor will run. */
void process_end(void);

#endif
