/* settle.h: letting the kernel know what the program believes it knows already. */
#ifndef CROSSBILL_LIVE_SETTLE_H
#define CROSSBILL_LIVE_SETTLE_H

#include "stream.h"

/*
 * Before anything that somebody else could see or that may wait: held bytes go out, offsets are
 * set, what was looked at is forgotten. Never waits for a full pipe: its bytes go out later.
 */
void settle_all(void);
/* The same for held bytes alone. */
void settle_held(void);
/* Before the end, an exec or a fork: also waits for pipes, as the writes themselves would have. */
void settle_finally(void);
/* From a signal handler: held bytes that can go out now. False when some could not. */
bool settle_what_can(void);
/* One descriptor, and others of the same file. */
void settle_one(int fd);
/* For close and fsync: 0, or -1 with the errno of a write that seemed to work and got lost. */
int settle_error_of(int fd);
/* Other streams of the file that `stream`, entered by the caller, is about to read or change. */
void settle_others_of(const struct stream *stream);

#endif
