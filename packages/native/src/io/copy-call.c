/* copy-call: the calls of JavaScript that copy a file, at once or in a thread of the pool. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/binding.h"
#include "io/copy-bytes.h"
#include "io/copy-target.h"
#include "io/failure.h"

#define MOST_PERMISSIONS 0777
/* Permissions of the source. */
#define MODE_OF_SOURCE (-1)

enum argument { FROM, TO, EXCLUSIVE, REFLINK, MODE, PROGRESS, ABORT, ARGUMENTS };

struct copy_call {
	struct io_work work;
	struct copy copy;
	struct copy_target target;
	char from[IO_PATH_BYTES];
	bool is_exclusive;
	int64_t mode;
};

static bool copy_take_progress(napi_env env, struct copy_call *call, napi_value value)
{
	struct io_bytes bytes;

	if (!io_take_bytes(env, value, &bytes))
		return false;
	if (bytes.length != sizeof(struct copy_progress) || (uintptr_t)bytes.data % 8 != 0) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a BigUint64Array(2) is needed");
		return false;
	}
	call->copy.progress = (struct copy_progress *)(void *)bytes.data;
	return io_work_keep(env, &call->work, value);
}

static bool copy_call_take(napi_env env, struct copy_call *call, const napi_value *values)
{
	int64_t reflink;

	if (!io_take_path(env, values[FROM], call->from) ||
	    !io_take_path(env, values[TO], call->target.path) ||
	    !io_take_boolean(env, values[EXCLUSIVE], &call->is_exclusive) ||
	    !io_take_integer(env, values[REFLINK], 0, COPY_REFLINK_NEVER, &reflink) ||
	    !io_take_integer(env, values[MODE], MODE_OF_SOURCE, MOST_PERMISSIONS, &call->mode))
		return false;
	call->copy.reflink = (enum copy_reflink)reflink;
	return copy_take_progress(env, call, values[PROGRESS]) &&
		io_work_take_abort(env, &call->work, values[ABORT]);
}

static int copy_call_fail(struct copy_call *call, int error, const char *syscall, bool is_target)
{
	call->copy.syscall = syscall;
	call->copy.is_target_failure = is_target;
	return error;
}

static int copy_call_open_source(struct copy_call *call, struct stat *status)
{
	/* Not to wait for who writes to a pipe: that is waited for where it can be aborted. */
	call->copy.from = open(call->from, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (call->copy.from < 0)
		return copy_call_fail(call, -errno, "open", false);
	if (fstat(call->copy.from, status) < 0)
		return copy_call_fail(call, -errno, "fstat", false);
	return S_ISDIR(status->st_mode) ? copy_call_fail(call, -EISDIR, "open", false) : 0;
}

static int copy_call_into_target(struct copy_call *call, const struct stat *source)
{
	struct copy_target *target = &call->target;
	mode_t mode = call->mode == MODE_OF_SOURCE ? source->st_mode & MOST_PERMISSIONS
						   : (mode_t)call->mode;
	int error = copy_target_open(target, source, call->is_exclusive);

	if (error)
		return copy_call_fail(call, error, "open", true);
	call->copy.to = target->fd;
	call->copy.is_to_regular = target->is_made;
	call->copy.is_from_regular = S_ISREG(source->st_mode);
	call->copy.size = call->copy.is_from_regular ? (uint64_t)source->st_size : 0;
	error = copy_bytes(&call->copy);
	if (error) {
		copy_target_discard(target);
		return error;
	}
	error = copy_target_keep(target, mode);
	return error ? copy_call_fail(call, error, "rename", true) : 0;
}

static int copy_call_run(struct io_work *work)
{
	struct copy_call *call = (struct copy_call *)work;
	struct stat source;
	int error;

	call->copy.work = work;
	error = copy_call_open_source(call, &source);
	if (!error)
		error = copy_call_into_target(call, &source);
	if (call->copy.from >= 0)
		close(call->copy.from);
	work->syscall = call->copy.syscall;
	return error;
}

/* Whose failure it is: the source's or the target's. */
static void copy_call_explain(napi_env env, struct io_work *work, napi_value failure)
{
	napi_value is_target;

	if (napi_get_boolean(env, ((struct copy_call *)work)->copy.is_target_failure, &is_target) ==
	    napi_ok)
		napi_set_named_property(env, failure, "isTarget", is_target);
}

/* [bytes, way, and of each way the errno that it was refused with]. */
static napi_value copy_call_value(napi_env env, struct io_work *work)
{
	const struct copy *copy = &((struct copy_call *)work)->copy;
	double numbers[2 + COPY_WAYS] = {(double)copy->done, copy->way};
	napi_value list;

	for (unsigned int way = 0; way < COPY_WAYS; way++)
		numbers[2 + way] = copy->refusals[way];
	if (napi_create_array(env, &list) != napi_ok)
		return NULL;
	for (uint32_t at = 0; at < 2 + COPY_WAYS; at++) {
		napi_value number = io_number(env, numbers[at]);

		if (!number || napi_set_element(env, list, at, number) != napi_ok)
			return NULL;
	}
	return list;
}

static struct copy_call *copy_call_new(napi_env env, napi_callback_info info)
{
	struct copy_call *call = calloc(1, sizeof(*call));
	napi_value values[ARGUMENTS];

	if (!call) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	call->work = (struct io_work){
		.run = copy_call_run,
		.value = copy_call_value,
		.explain = copy_call_explain,
		.syscall = "copy",
	};
	call->copy.from = call->target.fd = -1;
	if (io_take(env, info, ARGUMENTS, values) && copy_call_take(env, call, values))
		return call;
	io_work_drop(env, &call->work);
	return NULL;
}

/* copy(from, to, exclusive, reflink, mode, progress, abort): a promise of what the value tells. */
static napi_value copy_js(napi_env env, napi_callback_info info)
{
	struct copy_call *call = copy_call_new(env, info);

	return call ? io_work_start(env, &call->work) : NULL;
}

/* copySync(...): the same, at once. */
static napi_value copy_sync_js(napi_env env, napi_callback_info info)
{
	struct copy_call *call = copy_call_new(env, info);
	napi_value result;
	int error;

	if (!call)
		return NULL;
	error = copy_call_run(&call->work);
	result = error ? io_failure(env, error, call->work.syscall)
		       : copy_call_value(env, &call->work);
	if (error && result) {
		copy_call_explain(env, &call->work, result);
		napi_throw(env, result);
		result = NULL;
	}
	io_work_drop(env, &call->work);
	return result;
}

IO_FUNCTION("copy", copy_js);
IO_FUNCTION("copySync", copy_sync_js);
