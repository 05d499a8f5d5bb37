/* mapping-call: the calls of JavaScript that map a file, and ask something of a mapping. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/mapping.h"

enum argument { PATH, OFFSET, LENGTH, MOST, FLAGS, ABORT, ARGUMENTS };

struct mapping_call {
	struct io_work work;
	struct mapping_wish wish;
	struct mapping *mapping;
	char path[IO_PATH_BYTES];
};

/* Tells our ArrayBuffers from those of others. */
static const napi_type_tag mapping_tag = {0x5b8e90d7c1f24a36u, 0xa4716c3dd20f9be8u};

bool mapping_take(napi_env env, napi_value value, struct mapping **mapping)
{
	void *data = NULL;
	bool is_ours = false;

	if (napi_check_object_type_tag(env, value, &mapping_tag, &is_ours) != napi_ok || !is_ours ||
	    napi_unwrap(env, value, &data) != napi_ok) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a mapping is needed");
		return false;
	}
	*mapping = data;
	(*mapping)->users++;
	return true;
}

static int mapping_call_run(struct io_work *work)
{
	struct mapping_call *call = (struct mapping_call *)work;
	int access = call->wish.flags & MAPPING_SHARED ? O_RDWR : O_RDONLY;
	int fd = open(call->path, access | O_CLOEXEC | O_NONBLOCK);
	int error;

	if (fd < 0)
		return -errno;
	error = mapping_open(fd, &call->wish, &call->mapping, &work->syscall);
	close(fd);
	if (error || !(call->wish.flags & MAPPING_POPULATE) || call->mapping->length == 0)
		return error;
	mapping_will_need(call->mapping, 0, call->mapping->length);
	return mapping_populate(call->mapping, 0, call->mapping->length, work);
}

/* Nobody has the memory any more: it was detached or collected. */
static void mapping_finalize_memory(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)data;
	mapping_drop(hint);
}

/* The ArrayBuffer itself is no more. */
static void mapping_finalize_holder(napi_env env, void *data, void *hint)
{
	struct mapping *mapping = data;

	(void)env;
	(void)hint;
	mapping->is_held = false;
	mapping->users++;
	mapping_drop(mapping);
}

static napi_value mapping_create_buffer(napi_env env, struct mapping *mapping)
{
	napi_value buffer;
	napi_status status;
	void *data;

	if (mapping->length == 0)
		return napi_create_arraybuffer(env, 0, &data, &buffer) == napi_ok ? buffer : NULL;
	mapping->users++;
	status = napi_create_external_arraybuffer(env, mapping->pages + mapping->lead,
						  mapping->length, mapping_finalize_memory, mapping,
						  &buffer);
	if (status == napi_ok)
		return buffer;
	mapping->users--;
	napi_throw_error(env, "ERR_NO_OUTSIDE_MEMORY",
			 "this runtime has no ArrayBuffer of memory from outside; "
			 "mode: \"copy\" reads the file instead");
	return NULL;
}

/* The mapping's ArrayBuffer, which keeps it mapped, and by which it is known. */
static napi_value mapping_call_value(napi_env env, struct io_work *work)
{
	struct mapping *mapping = ((struct mapping_call *)work)->mapping;
	napi_value buffer = mapping_create_buffer(env, mapping);

	if (!buffer ||
	    napi_wrap(env, buffer, mapping, mapping_finalize_holder, NULL, NULL) != napi_ok)
		return NULL;
	mapping->is_held = true;
	return napi_type_tag_object(env, buffer, &mapping_tag) == napi_ok ? buffer : NULL;
}

static void mapping_call_release(struct io_work *work)
{
	struct mapping_call *call = (struct mapping_call *)work;

	if (call->mapping)
		mapping_drop(call->mapping);
}

static bool mapping_call_take(napi_env env, struct mapping_call *call, const napi_value *values)
{
	const int64_t largest = (int64_t)IO_LARGEST_INTEGER;
	int64_t offset, length, most, flags;

	if (!io_take_path(env, values[PATH], call->path) ||
	    !io_take_integer(env, values[OFFSET], 0, largest, &offset) ||
	    !io_take_integer(env, values[LENGTH], 0, largest, &length) ||
	    !io_take_integer(env, values[MOST], 0, largest, &most) ||
	    !io_take_integer(env, values[FLAGS], 0, MAPPING_FLAGS, &flags) ||
	    !io_work_take_abort(env, &call->work, values[ABORT]))
		return false;
	call->wish = (struct mapping_wish){
		.offset = (uint64_t)offset,
		.length = (uint64_t)length,
		.most = (uint64_t)most,
		.flags = (unsigned int)flags,
	};
	return true;
}

static struct mapping_call *mapping_call_new(napi_env env, napi_callback_info info)
{
	struct mapping_call *call = calloc(1, sizeof(*call));
	napi_value values[ARGUMENTS];

	if (!call) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	call->work = (struct io_work){
		.run = mapping_call_run,
		.value = mapping_call_value,
		.release = mapping_call_release,
		.syscall = "open",
	};
	if (io_take(env, info, ARGUMENTS, values) && mapping_call_take(env, call, values))
		return call;
	io_work_drop(env, &call->work);
	return NULL;
}

/* mapFile(path, offset, length, most, flags, abort): a promise of the part as an ArrayBuffer. */
static napi_value mapping_file_js(napi_env env, napi_callback_info info)
{
	struct mapping_call *call = mapping_call_new(env, info);

	return call ? io_work_start(env, &call->work) : NULL;
}

/* mapFileSync(...): the same, at once. */
static napi_value mapping_file_sync_js(napi_env env, napi_callback_info info)
{
	struct mapping_call *call = mapping_call_new(env, info);
	napi_value value;
	int error;

	if (!call)
		return NULL;
	error = mapping_call_run(&call->work);
	value = error ? io_throw(env, error, call->work.syscall)
		      : mapping_call_value(env, &call->work);
	io_work_drop(env, &call->work);
	return value;
}

/* mappingIsTruncated(mapping): whether somebody met a page that the file had no more. */
static napi_value mapping_is_truncated_js(napi_env env, napi_callback_info info)
{
	struct mapping *mapping;
	napi_value value;

	if (!io_take(env, info, 1, &value) || !mapping_take(env, value, &mapping))
		return NULL;
	if (napi_get_boolean(env, mapping_is_broken(mapping), &value) != napi_ok)
		value = NULL;
	mapping_drop(mapping);
	return value;
}

IO_FUNCTION("mapFile", mapping_file_js);
IO_FUNCTION("mapFileSync", mapping_file_sync_js);
IO_FUNCTION("mappingIsTruncated", mapping_is_truncated_js);
