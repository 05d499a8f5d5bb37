/* held.h: small writes that are gathered. Held bytes go out before anybody can miss them. */
#ifndef CROSSBILL_LIVE_HELD_H
#define CROSSBILL_LIVE_HELD_H

#include <sys/uio.h>

#include "stream.h"

/* A result that says: make the call as it is. */
#define HELD_NOT_TAKEN (-4096)

/* As writev(), for a stream that the caller has entered. */
ssize_t held_write(struct stream *stream, const struct iovec *pieces, int count);
/* Writes what is held. 0, or -1 when it failed, though the write had seemed to work; errno stays.
 */
int held_flush(struct stream *stream);
/* With what a flush failed, once, for the next call that can say so; 0 when none did. */
int held_late_error(struct stream *stream);
/* Whether any stream holds anything: cheap, for every call to ask. */
bool held_any(void);
/* In the child of a fork: what is held is the parent's. */
void held_after_fork(void);

#endif
