/* file-size: the bytes of an open file, without the object that fs.fstat makes of it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/stat.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"

/* fileSize(fd) */
static napi_value file_size_js(napi_env env, napi_callback_info info)
{
	napi_value value;
	struct stat status;
	int fd;

	if (!io_take(env, info, 1, &value) || !io_take_fd(env, value, &fd))
		return NULL;
	if (fstat(fd, &status) < 0)
		return io_throw(env, -errno, "fstat");
	return io_number(env, (double)status.st_size);
}

IO_FUNCTION("fileSize", file_size_js);
