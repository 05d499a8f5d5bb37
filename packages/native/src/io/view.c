/* view: a read-only mapping of a file from its start, kept between calls and shared by threads. */
#define _GNU_SOURCE 1
#include "io/view.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/bus-guard.h"
#include "io/failure.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#endif
#define POPULATE_STEP_BYTES ((size_t)32 << 20)

/* Tells our externals from those of others. */
static const napi_type_tag view_tag = {0x6f3a1c0e9b5d4721u, 0x8e24d7b05a9c613fu};

bool view_take(napi_env env, napi_value value, struct view **view)
{
	void *data = NULL;
	bool is_ours = false;

	if (napi_check_object_type_tag(env, value, &view_tag, &is_ours) != napi_ok || !is_ours ||
	    napi_get_value_external(env, value, &data) != napi_ok) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a view is needed");
		return false;
	}
	*view = data;
	__atomic_add_fetch(&(*view)->users, 1, __ATOMIC_RELAXED);
	return true;
}

void view_drop(struct view *view)
{
	if (!view || __atomic_sub_fetch(&view->users, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	munmap((void *)(uintptr_t)view->base, view->length);
	free(view);
}

void view_populate(const struct view *view, size_t bytes)
{
	/* In steps, as the lock of the address space is held meanwhile, which others wait for. */
	for (size_t at = 0; at < bytes; at += POPULATE_STEP_BYTES) {
		size_t step = bytes - at < POPULATE_STEP_BYTES ? bytes - at : POPULATE_STEP_BYTES;

		/* Refused where the file has become shorter: the copy meets that, guarded. */
		if (madvise((void *)(uintptr_t)(view->base + at), step, MADV_POPULATE_READ) < 0)
			break;
	}
}

static void view_finalize(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	view_drop(data);
}

static struct view *view_map(int fd, size_t length, int *error)
{
	struct view *view = malloc(sizeof(*view));
	void *base = MAP_FAILED;

	*error = view ? bus_guard_install() : -ENOMEM;
	if (!*error) {
		base = mmap(NULL, length, PROT_READ, MAP_SHARED | MAP_NORESERVE, fd, 0);
		*error = base == MAP_FAILED ? -errno : 0;
	}
	if (*error) {
		free(view);
		return NULL;
	}
	*view = (struct view){.base = base, .length = length, .users = 1};
	return view;
}

/* createView(fd, length): an external that unmaps when it is collected, or when it is dropped. */
static napi_value view_create_js(napi_env env, napi_callback_info info)
{
	napi_value values[2], external;
	struct view *view;
	int64_t length;
	int error;
	int fd;

	if (!io_take(env, info, 2, values) || !io_take_fd(env, values[0], &fd) ||
	    !io_take_integer(env, values[1], 1, INT64_MAX, &length))
		return NULL;
	view = view_map(fd, (size_t)length, &error);
	if (!view)
		return io_throw(env, error, "mmap");
	if (napi_create_external(env, view, view_finalize, NULL, &external) != napi_ok) {
		view_drop(view);
		return NULL;
	}
	return napi_type_tag_object(env, external, &view_tag) == napi_ok ? external : NULL;
}

IO_FUNCTION("createView", view_create_js);
