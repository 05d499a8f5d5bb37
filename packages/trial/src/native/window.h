/* window.h: looking ahead. The kernel's own offset, or the bytes of a pipe, stay as they are. */
#ifndef CROSSBILL_LIVE_WINDOW_H
#define CROSSBILL_LIVE_WINDOW_H

#include "stream.h"

/* A result that says: make the call as it is. No system call returns it. */
#define WINDOW_NOT_SERVED (-4096)

/* As read() and pread(), for a stream that the caller has entered; `*crossed` tells whether the
 * kernel had to be asked. */
ssize_t window_read(struct stream *stream, char *to, size_t bytes, bool *crossed);
ssize_t window_pread(struct stream *stream, char *to, size_t bytes, off_t offset, bool *crossed);
/* As lseek(). */
off_t window_seek(struct stream *stream, off_t offset, int whence, bool *crossed);
/* Tells the kernel how far the program has read, and forgets what was looked at. */
void window_settle(struct stream *stream);
/* Whether looking ahead pays here. When it does not it ends, but for a program that seeks before
 * its reads: of it every seek is spared. */
void window_judge(struct stream *stream, bool crossed);

/* pipe-window.c: the same for the bytes of a pipe. */
ssize_t pipe_window_read(struct stream *stream, char *to, size_t bytes, bool *crossed);
void pipe_window_settle(struct stream *stream);
/* Whether `fd` is one of our own, which the program must not close. */
bool pipe_window_owns(int fd);
/* They were closed behind our back, or belong to the parent. */
void pipe_window_forget(void);

#endif
