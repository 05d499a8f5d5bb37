/*
 * read-file: a small regular file in one turn of a thread: opened, asked for its size, read and
 * closed without a crossing into JavaScript between. A larger one is opened, and left to
 * read-into.c, as its memory is best had from V8: what others have freed is warm.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/work.h"

/* No file beyond is small: it is copied once more, from here into the Buffer. */
#define MOST_SMALL_BYTES (1 << 20)
/* Files of procfs, which tell no size, mostly fit into it. */
#define UNSIZED_BYTES ((size_t)16 << 10)
/* Between two looks at the abort word: well under a millisecond of copying. */
#define STEP_BYTES ((size_t)4 << 20)

enum argument { PATH, MOST_BYTES, SMALL_BYTES, AS_TEXT, ABORT, ARGUMENTS };

struct read_file {
	struct io_work work;
	uint64_t most;
	uint64_t small;
	unsigned char *data;
	size_t length;
	size_t room;
	int open; /* The descriptor of what is no small file; else -1. */
	int flags;
	bool is_text;
	char path[IO_PATH_BYTES];
};

/* Twice the room, when a file that tells no size has filled it. */
static int read_file_grow(struct read_file *file, size_t room)
{
	unsigned char *data = realloc(file->data, room);

	if (!data)
		return -ENOMEM;
	file->data = data;
	file->room = room;
	return 0;
}

/* Reads to the end, or to the size that the file told: what it grows by meanwhile is not part. */
static int read_file_read(struct read_file *file, int fd, bool is_sized)
{
	for (;;) {
		size_t left = file->room - file->length;
		ssize_t got;

		if (left == 0 && is_sized)
			return 0;
		if (left == 0 && read_file_grow(file, file->room * 2) < 0)
			return -ENOMEM;
		if (io_work_is_aborted(&file->work))
			return -ECANCELED;
		left = file->room - file->length;
		got = read(fd, file->data + file->length, left < STEP_BYTES ? left : STEP_BYTES);
		if (got == 0)
			return 0;
		if (got < 0 && errno != EINTR)
			return -errno;
		file->length += got > 0 ? (size_t)got : 0;
		if (file->length > file->most)
			return -IO_TOO_LARGE;
	}
}

static int read_file_from(struct read_file *file, int fd)
{
	struct stat status;
	size_t size;

	file->work.syscall = "fstat";
	if (fstat(fd, &status) < 0)
		return -errno;
	file->work.syscall = "read";
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (S_ISREG(status.st_mode) && (uint64_t)status.st_size > file->most)
		return -IO_TOO_LARGE;
	size = (size_t)status.st_size;
	/* Reading a pipe may wait for ever. */
	if (!S_ISREG(status.st_mode) || size > file->small) {
		file->open = fd;
		return 0;
	}
	if (read_file_grow(file, size ? size : UNSIZED_BYTES) < 0)
		return -ENOMEM;
	return read_file_read(file, fd, size > 0);
}

static int read_file_run(struct io_work *work)
{
	struct read_file *file = (struct read_file *)work;
	int error;
	int fd;

	fd = open(file->path, file->flags);
	if (fd < 0)
		return -errno;
	error = read_file_from(file, fd);
	if (file->open < 0)
		close(fd);
	return error;
}

/* A string, a Buffer, or the descriptor of what is no small file. */
static napi_value read_file_value(napi_env env, struct io_work *work)
{
	struct read_file *file = (struct read_file *)work;
	napi_value value;
	napi_status status;

	if (file->open >= 0)
		status = napi_create_int32(env, file->open, &value);
	else if (file->is_text)
		status = napi_create_string_utf8(env, (const char *)file->data, file->length,
						 &value);
	else
		status = napi_create_buffer_copy(env, file->length, file->data, NULL, &value);
	if (status != napi_ok)
		return NULL;
	file->open = -1; /* The caller's from here on. */
	return value;
}

static void read_file_release(struct io_work *work)
{
	struct read_file *file = (struct read_file *)work;

	free(file->data);
	if (file->open >= 0)
		close(file->open);
}

static bool read_file_take(napi_env env, struct read_file *file, const napi_value *values)
{
	int64_t most, small;

	if (!io_take_path(env, values[PATH], file->path) ||
	    !io_take_integer(env, values[MOST_BYTES], 0, (int64_t)IO_LARGEST_INTEGER, &most) ||
	    !io_take_integer(env, values[SMALL_BYTES], 0, MOST_SMALL_BYTES, &small) ||
	    !io_take_boolean(env, values[AS_TEXT], &file->is_text) ||
	    !io_work_take_abort(env, &file->work, values[ABORT]))
		return false;
	file->most = (uint64_t)most;
	file->small = (uint64_t)small;
	return true;
}

static struct read_file *read_file_new(napi_env env, napi_callback_info info, int flags)
{
	struct read_file *file = calloc(1, sizeof(*file));
	napi_value values[ARGUMENTS];

	if (!file) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	file->open = -1;
	file->flags = flags;
	file->work = (struct io_work){
		.run = read_file_run,
		.value = read_file_value,
		.release = read_file_release,
		.syscall = "open",
	};
	if (io_take(env, info, ARGUMENTS, values) && read_file_take(env, file, values))
		return file;
	io_work_drop(env, &file->work);
	return NULL;
}

/* openOrRead(path, mostBytes, smallBytes, asText, abort): a promise of a small file's content, as
 * Buffer or string, or of the descriptor of a larger one. */
static napi_value read_file_js(napi_env env, napi_callback_info info)
{
	/* Not to wait for a writer of a FIFO; says nothing to a regular file on a disk. */
	struct read_file *file = read_file_new(env, info, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	return file ? io_work_start(env, &file->work) : NULL;
}

/* openOrReadSync(...): the same, at once. */
static napi_value read_file_sync_js(napi_env env, napi_callback_info info)
{
	struct read_file *file = read_file_new(env, info, O_RDONLY | O_CLOEXEC);
	napi_value value;
	int error;

	if (!file)
		return NULL;
	error = read_file_run(&file->work);
	value = error ? io_throw(env, error, file->work.syscall)
		      : read_file_value(env, &file->work);
	io_work_drop(env, &file->work);
	return value;
}

IO_FUNCTION("openOrRead", read_file_js);
IO_FUNCTION("openOrReadSync", read_file_sync_js);
