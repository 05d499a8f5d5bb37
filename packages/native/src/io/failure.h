/*
 * failure: what went wrong, as JavaScript gets it: an Error with `errno` (negative) and `syscall`,
 * of which packages/io/src/errors.ts makes an IoError.
 */
#ifndef CROSSBILL_IO_FAILURE_H
#define CROSSBILL_IO_FAILURE_H

#include <node_api.h>

/* What no errno says. Beyond every errno (MAX_ERRNO is 4095); errors.ts has their names. */
#define IO_TRUNCATED 10001    /* ERR_TRUNCATED: a file became shorter under its mapping */
#define IO_PEER_DIED 10002    /* ERR_PEER_DIED: the process at the other end has ended */
#define IO_TOO_LARGE 10003    /* ERR_TOO_LARGE: more bytes than are allowed */
#define IO_NOT_MAPPABLE 10005 /* ERR_NOT_MAPPABLE: a file of procfs, without a size */
#define IO_SAME_FILE 10020    /* ERR_SAME_FILE: source and target of a copy are the same file */

/* The Error for `error` (-errno, or -IO_...) of the named system call. NULL with one pending. */
napi_value io_failure(napi_env env, int error, const char *syscall);
/* Throws it; returns NULL, for a callback to return. */
napi_value io_throw(napi_env env, int error, const char *syscall);

#endif
