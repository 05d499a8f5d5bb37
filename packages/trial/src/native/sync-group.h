/* sync-group.h: one fsync for those of a short while. Unsafe: a crash may lose what was promised.
 */
#ifndef CROSSBILL_LIVE_SYNC_GROUP_H
#define CROSSBILL_LIVE_SYNC_GROUP_H

#include <stdbool.h>

/* Whether an fsync of `fd` may wait for a later one, or for the file's end. */
bool sync_group_puts_off(int fd);
/* The syncs that were put off, of one descriptor before it is closed, or of all at the end. */
void sync_group_settle(int fd);
void sync_group_finish(void);
/* They are the parent's. */
void sync_group_after_fork(void);

#endif
