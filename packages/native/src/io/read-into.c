/* read-into: a file from a place on into the caller's memory, until that is full or the file ends.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/work.h"

/* Between two looks at the abort word: well under a millisecond of copying. */
#define STEP_BYTES ((size_t)4 << 20)

enum argument { FD, INTO, OFFSET, ABORT, ARGUMENTS };

struct read_into {
	struct io_work work;
	struct io_bytes into;
	size_t length;
	int64_t offset;
	int fd;
};

static int read_into_run(struct io_work *work)
{
	struct read_into *call = (struct read_into *)work;

	while (call->length < call->into.length) {
		size_t left = call->into.length - call->length;
		ssize_t got;

		if (io_work_is_aborted(work))
			return -ECANCELED;
		got = pread(call->fd, call->into.data + call->length,
			    left < STEP_BYTES ? left : STEP_BYTES,
			    (off_t)call->offset + (off_t)call->length);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		call->length += got > 0 ? (size_t)got : 0;
	}
	return 0;
}

static napi_value read_into_value(napi_env env, struct io_work *work)
{
	return io_number(env, (double)((struct read_into *)work)->length);
}

static struct read_into *read_into_new(napi_env env, napi_callback_info info, napi_value *into)
{
	struct read_into *call = calloc(1, sizeof(*call));
	napi_value values[ARGUMENTS];

	if (!call) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	call->work = (struct io_work){
		.run = read_into_run,
		.value = read_into_value,
		.syscall = "read",
	};
	/* An offset so far from the largest that adding the length of memory stays one. */
	if (io_take(env, info, ARGUMENTS, values) && io_take_fd(env, values[FD], &call->fd) &&
	    io_take_bytes(env, values[INTO], &call->into) &&
	    io_take_integer(env, values[OFFSET], 0, (int64_t)IO_LARGEST_INTEGER, &call->offset) &&
	    io_work_take_abort(env, &call->work, values[ABORT])) {
		*into = values[INTO];
		return call;
	}
	io_work_drop(env, &call->work);
	return NULL;
}

/* readInto(fd, into, offset, abort): a promise of the bytes read; fewer only at the file's end. */
static napi_value read_into_js(napi_env env, napi_callback_info info)
{
	napi_value into;
	struct read_into *call = read_into_new(env, info, &into);

	if (!call)
		return NULL;
	return io_work_keep(env, &call->work, into) ? io_work_start(env, &call->work)
						    : io_work_drop(env, &call->work);
}

/* readIntoSync(...): the same, at once. */
static napi_value read_into_sync_js(napi_env env, napi_callback_info info)
{
	napi_value into, value;
	struct read_into *call = read_into_new(env, info, &into);
	int error;

	if (!call)
		return NULL;
	error = read_into_run(&call->work);
	value = error ? io_throw(env, error, "read") : read_into_value(env, &call->work);
	io_work_drop(env, &call->work);
	return value;
}

IO_FUNCTION("readInto", read_into_js);
IO_FUNCTION("readIntoSync", read_into_sync_js);
