/* stat-batch: the status of many paths in one call of JavaScript, at once or in the pool. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/status-columns.h"
#include "io/work.h"

enum argument { PATHS, FOLLOW, ABORT, ARGUMENTS };

struct stat_batch {
	struct io_work work;
	/* Our own copy: each ended by NUL, back to back. */
	char *paths;
	size_t bytes;
	size_t count;
	bool is_following;
	struct status_columns columns;
};

static bool stat_batch_copy(napi_env env, struct stat_batch *batch, const struct io_bytes *paths)
{
	batch->paths = malloc(paths->length + 1);
	if (!batch->paths) {
		io_throw(env, -ENOMEM, "malloc");
		return false;
	}
	if (paths->length > 0)
		memcpy(batch->paths, paths->data, paths->length);
	batch->paths[paths->length] = '\0'; /* Whatever another thread did to them meanwhile. */
	batch->bytes = paths->length;
	for (size_t at = 0; at < batch->bytes; at++)
		batch->count += batch->paths[at] == '\0';
	if (status_columns_open(&batch->columns, batch->count) < 0) {
		io_throw(env, -ENOMEM, "malloc");
		return false;
	}
	return true;
}

static bool stat_batch_take(napi_env env, struct stat_batch *batch, const napi_value *values)
{
	struct io_bytes paths;

	return io_take_bytes(env, values[PATHS], &paths) &&
		io_take_boolean(env, values[FOLLOW], &batch->is_following) &&
		stat_batch_copy(env, batch, &paths) &&
		io_work_take_abort(env, &batch->work, values[ABORT]);
}

static int stat_batch_run(struct io_work *work)
{
	struct stat_batch *batch = (struct stat_batch *)work;
	int flags = batch->is_following ? 0 : AT_SYMLINK_NOFOLLOW;
	const char *path = batch->paths;

	for (size_t row = 0; row < batch->count; row++, path += strlen(path) + 1) {
		struct statx status;
		int error;

		if (io_work_is_aborted(work))
			return -ECANCELED;
		error = status_ask(AT_FDCWD, path, flags, &status);
		status_columns_put(&batch->columns, row, error ? NULL : &status, error);
	}
	return 0;
}

static napi_value stat_batch_value(napi_env env, struct io_work *work)
{
	const struct stat_batch *batch = (struct stat_batch *)work;
	napi_value value;
	void *data;

	if (napi_create_arraybuffer(env, batch->count * STATUS_BYTES, &data, &value) != napi_ok)
		return NULL;
	if (batch->count > 0)
		status_columns_pack(&batch->columns, batch->count, data);
	return value;
}

static void stat_batch_release(struct io_work *work)
{
	struct stat_batch *batch = (struct stat_batch *)work;

	free(batch->paths);
	status_columns_close(&batch->columns);
}

static struct stat_batch *stat_batch_new(napi_env env, napi_callback_info info)
{
	struct stat_batch *batch = calloc(1, sizeof(*batch));
	napi_value values[ARGUMENTS];

	if (!batch) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	batch->work = (struct io_work){
		.run = stat_batch_run,
		.value = stat_batch_value,
		.release = stat_batch_release,
		.syscall = "statx",
	};
	if (io_take(env, info, ARGUMENTS, values) && stat_batch_take(env, batch, values))
		return batch;
	io_work_drop(env, &batch->work);
	return NULL;
}

/* statBatch(paths, follow, abort): a promise of the columns; paths are ended by NUL each. */
static napi_value stat_batch_js(napi_env env, napi_callback_info info)
{
	struct stat_batch *batch = stat_batch_new(env, info);

	return batch ? io_work_start(env, &batch->work) : NULL;
}

/* statBatchSync(paths, follow, abort): the same, at once. */
static napi_value stat_batch_sync_js(napi_env env, napi_callback_info info)
{
	struct stat_batch *batch = stat_batch_new(env, info);
	napi_value value;
	int error;

	if (!batch)
		return NULL;
	error = stat_batch_run(&batch->work);
	value = error ? io_throw(env, error, "statx") : stat_batch_value(env, &batch->work);
	io_work_drop(env, &batch->work);
	return value;
}

IO_FUNCTION("statBatch", stat_batch_js);
IO_FUNCTION("statBatchSync", stat_batch_sync_js);
