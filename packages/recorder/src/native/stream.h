/* stream.h: writes what a recorder saw as newline-delimited JSON, one object a line. */
#ifndef CROSSBILL_STREAM_H
#define CROSSBILL_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * There is one stream a process. Values go into the innermost open object or array; inside an
 * array `name` is NULL. Names and the type of an object are literals of ours and are not escaped.
 * A write error (EPIPE: the reader has gone) is remembered and makes everything after it a no-op.
 */

/* Takes over the descriptor, which becomes close-on-exec. Returns 0 or -errno. */
int stream_open(int fd);

/* Begins a line: {"t":"<type>" */
void stream_begin(const char *type);

/* Ends the line. Returns 0, or the first write error so far as -errno. */
int stream_finish(void);

/* Hands all buffered bytes to the reader. Returns 0, or the first write error as -errno. */
int stream_flush(void);

void stream_u64(const char *name, uint64_t value);
void stream_i64(const char *name, int64_t value);
void stream_bool(const char *name, bool value);
void stream_null(const char *name);

/* Printable ASCII as it is, every other byte as \u00XX: the reader gets the bytes back. */
void stream_bytes(const char *name, const void *bytes, size_t size);
/* The same for a terminated string; NULL becomes null. */
void stream_text(const char *name, const char *text);

/* The cells that are not zero, as [[index,count],...]. */
void stream_pairs(const char *name, const uint64_t *cells, size_t n);

/* Nesting: an object or an array is open until stream_close(). */
void stream_object(const char *name);
void stream_array(const char *name);
void stream_close(void);

#endif
