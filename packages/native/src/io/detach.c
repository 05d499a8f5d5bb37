/* detach: takes memory that is not V8's back from the ArrayBuffer that shows it. */
#include "io/arguments.h"
#include "io/binding.h"

/* detachMemory(buffer): who still holds the ArrayBuffer, or a view of it, finds it empty. */
static napi_value detach_memory_js(napi_env env, napi_callback_info info)
{
	napi_value buffer;

	if (!io_take(env, info, 1, &buffer))
		return NULL;
	if (napi_detach_arraybuffer(env, buffer) != napi_ok) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "an ArrayBuffer is needed");
		return NULL;
	}
	return io_undefined(env);
}

IO_FUNCTION("detachMemory", detach_memory_js);
