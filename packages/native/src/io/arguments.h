/*
 * arguments: bounded reading of what JavaScript passes. Each returns false with a TypeError or
 * RangeError pending, so that a callback only has to return NULL.
 */
#ifndef CROSSBILL_IO_ARGUMENTS_H
#define CROSSBILL_IO_ARGUMENTS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number.MAX_SAFE_INTEGER: the largest offset that a double can name exactly. */
#define IO_LARGEST_INTEGER 9007199254740991.0
/* PATH_MAX of Linux, with the ending NUL. */
#define IO_PATH_BYTES 4096u

struct io_bytes {
	unsigned char *data;
	size_t length;
};

/* Pairs of offset and length, as doubles one behind the other; not checked yet. */
struct io_ranges {
	const double *pairs;
	size_t count;
};

/* Takes exactly `count` arguments; what the caller left out is undefined. */
bool io_take(napi_env env, napi_callback_info info, size_t count, napi_value *values);

/* A whole number between the bounds. */
bool io_take_integer(napi_env env, napi_value value, int64_t least, int64_t most, int64_t *integer);
bool io_take_fd(napi_env env, napi_value value, int *fd);
bool io_take_boolean(napi_env env, napi_value value, bool *boolean);

/* The memory of a Buffer, a typed array, a DataView or an ArrayBuffer that is not detached. */
bool io_take_bytes(napi_env env, napi_value value, struct io_bytes *bytes);
/* A Float64Array of pairs. */
bool io_take_ranges(napi_env env, napi_value value, struct io_ranges *ranges);
/* A path, as a string or as bytes, without NUL inside; ended by one. */
bool io_take_path(napi_env env, napi_value value, char path[static IO_PATH_BYTES]);

/* Results. NULL with an exception pending. */
napi_value io_number(napi_env env, double number);
napi_value io_undefined(napi_env env);

#endif
