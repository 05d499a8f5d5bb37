/* work: what a thread of libuv's pool does for JavaScript, and the promise that it becomes. */
#include "io/work.h"

#include <errno.h>
#include <stdlib.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"

bool io_work_is_over;

bool io_work_keep(napi_env env, struct io_work *work, napi_value value)
{
	if (work->kept == IO_WORK_KEPT ||
	    napi_create_reference(env, value, 1, &work->keeps[work->kept]) != napi_ok) {
		napi_throw_error(env, NULL, "no reference can be made");
		return false;
	}
	work->kept++;
	return true;
}

bool io_work_take_abort(napi_env env, struct io_work *work, napi_value value)
{
	napi_valuetype type;
	struct io_bytes bytes;

	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	if (type == napi_undefined)
		return true;
	if (!io_take_bytes(env, value, &bytes))
		return false;
	if (bytes.length != sizeof(int32_t) || (uintptr_t)bytes.data % sizeof(int32_t) != 0) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "an Int32Array(1) is needed");
		return false;
	}
	work->abort = (const int32_t *)(const void *)bytes.data;
	return io_work_keep(env, work, value);
}

static void io_work_free(napi_env env, struct io_work *work)
{
	for (unsigned int i = 0; i < work->kept; i++)
		napi_delete_reference(env, work->keeps[i]);
	if (work->pooled)
		napi_delete_async_work(env, work->pooled);
	if (work->release)
		work->release(work);
	free(work);
}

napi_value io_work_drop(napi_env env, struct io_work *work)
{
	io_work_free(env, work);
	return NULL;
}

static void io_work_execute(napi_env env, void *data)
{
	struct io_work *work = data;

	(void)env;
	work->error = io_work_is_aborted(work) ? -ECANCELED : work->run(work);
}

/* The exception that is pending, taken, so that it can reject a promise. */
static napi_value io_work_exception(napi_env env)
{
	napi_value exception = NULL;

	napi_get_and_clear_last_exception(env, &exception);
	return exception;
}

static void io_work_settle(napi_env env, struct io_work *work)
{
	napi_value value = NULL;

	if (!work->error) {
		value = work->value ? work->value(env, work) : io_undefined(env);
		if (value) {
			napi_resolve_deferred(env, work->deferred, value);
			return;
		}
		value = io_work_exception(env);
	} else {
		value = io_failure(env, work->error, work->syscall);
		if (value && work->explain)
			work->explain(env, work, value);
	}
	if (!value)
		value = io_undefined(env);
	napi_reject_deferred(env, work->deferred, value);
}

static void io_work_complete(napi_env env, napi_status status, void *data)
{
	struct io_work *work = data;

	/* Cancelled before it ran, when the thread of JavaScript ends: nobody awaits it. */
	if (status == napi_cancelled)
		work->error = -ECANCELED;
	io_work_settle(env, work);
	io_work_free(env, work);
}

napi_value io_work_start(napi_env env, struct io_work *work)
{
	napi_value promise, name;

	if (napi_create_string_utf8(env, work->syscall, NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_async_work(env, NULL, name, io_work_execute, io_work_complete, work,
				   &work->pooled) != napi_ok ||
	    napi_create_promise(env, &work->deferred, &promise) != napi_ok)
		return io_work_drop(env, work);
	if (napi_queue_async_work(env, work->pooled) != napi_ok) {
		work->error = -EAGAIN;
		io_work_settle(env, work);
		io_work_free(env, work);
	}
	return promise;
}

/* endWork(): the process ends. */
static napi_value io_work_end_js(napi_env env, napi_callback_info info)
{
	(void)info;
	__atomic_store_n(&io_work_is_over, true, __ATOMIC_RELAXED);
	return io_undefined(env);
}

IO_FUNCTION("endWork", io_work_end_js);
