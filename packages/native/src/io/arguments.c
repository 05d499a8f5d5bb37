/* arguments: bounded reading of what JavaScript passes. */
#include "io/arguments.h"

#include <limits.h>
#include <string.h>

static bool io_refuse(napi_env env, const char *message)
{
	napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
	return false;
}

bool io_take(napi_env env, napi_callback_info info, size_t count, napi_value *values)
{
	size_t taken = count;

	return napi_get_cb_info(env, info, &taken, values, NULL, NULL) == napi_ok;
}

bool io_take_integer(napi_env env, napi_value value, int64_t least, int64_t most, int64_t *integer)
{
	double number;

	if (napi_get_value_double(env, value, &number) != napi_ok)
		return io_refuse(env, "a number is needed");
	/* Written so that NaN is refused too. */
	if (!(number >= -IO_LARGEST_INTEGER && number <= IO_LARGEST_INTEGER) ||
	    (double)(int64_t)number != number || (int64_t)number < least ||
	    (int64_t)number > most) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a number is out of its range");
		return false;
	}
	*integer = (int64_t)number;
	return true;
}

bool io_take_fd(napi_env env, napi_value value, int *fd)
{
	int64_t integer;

	if (!io_take_integer(env, value, 0, INT_MAX, &integer))
		return false;
	*fd = (int)integer;
	return true;
}

bool io_take_boolean(napi_env env, napi_value value, bool *boolean)
{
	return napi_get_value_bool(env, value, boolean) == napi_ok ||
		io_refuse(env, "a boolean is needed");
}

/* The bytes of one element, for the lengths of typed arrays, which count elements. */
static size_t io_element_bytes(napi_typedarray_type type)
{
	switch (type) {
	case napi_int16_array:
	case napi_uint16_array:
		return 2;
	case napi_int32_array:
	case napi_uint32_array:
	case napi_float32_array:
		return 4;
	case napi_float64_array:
	case napi_bigint64_array:
	case napi_biguint64_array:
		return 8;
	default:
		return 1;
	}
}

bool io_take_bytes(napi_env env, napi_value value, struct io_bytes *bytes)
{
	napi_typedarray_type type;
	void *data = NULL;

	*bytes = (struct io_bytes){0};
	if (napi_get_typedarray_info(env, value, &type, &bytes->length, &data, NULL, NULL) ==
	    napi_ok)
		bytes->length *= io_element_bytes(type);
	else if (napi_get_dataview_info(env, value, &bytes->length, &data, NULL, NULL) != napi_ok &&
		 napi_get_arraybuffer_info(env, value, &data, &bytes->length) != napi_ok)
		return io_refuse(env, "a Buffer, Uint8Array or ArrayBuffer is needed");
	bytes->data = data;
	return true;
}

bool io_take_ranges(napi_env env, napi_value value, struct io_ranges *ranges)
{
	napi_typedarray_type type;
	size_t length;
	void *data = NULL;

	if (napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) != napi_ok ||
	    type != napi_float64_array || length % 2 != 0)
		return io_refuse(env, "a Float64Array of offset and length pairs is needed");
	*ranges = (struct io_ranges){.pairs = data, .count = length / 2};
	return true;
}

static bool io_take_path_string(napi_env env, napi_value value, char *path, size_t *length)
{
	size_t whole;

	/* First its length: else a longer one would be cut, and name another file. */
	if (napi_get_value_string_utf8(env, value, NULL, 0, &whole) != napi_ok)
		return io_refuse(env, "a path is needed, as a string or a Buffer");
	if (whole >= IO_PATH_BYTES) {
		*length = whole;
		return true;
	}
	return napi_get_value_string_utf8(env, value, path, IO_PATH_BYTES, length) == napi_ok;
}

bool io_take_path(napi_env env, napi_value value, char path[static IO_PATH_BYTES])
{
	struct io_bytes bytes;
	size_t length;
	bool is_array;

	if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array) {
		if (!io_take_bytes(env, value, &bytes))
			return false;
		length = bytes.length;
		if (length > 0 && length < IO_PATH_BYTES)
			memcpy(path, bytes.data, length);
	} else if (!io_take_path_string(env, value, path, &length)) {
		return false;
	}
	if (length >= IO_PATH_BYTES) {
		napi_throw_range_error(env, "ENAMETOOLONG", "a path is longer than 4095 bytes");
		return false;
	}
	path[length] = '\0';
	if (length == 0 || memchr(path, '\0', length)) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE",
				      "a path is empty or has a NUL byte inside");
		return false;
	}
	return true;
}

napi_value io_number(napi_env env, double number)
{
	napi_value value;

	return napi_create_double(env, number, &value) == napi_ok ? value : NULL;
}

napi_value io_undefined(napi_env env)
{
	napi_value value;

	return napi_get_undefined(env, &value) == napi_ok ? value : NULL;
}
