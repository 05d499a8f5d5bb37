/* binding: the entry of crossbill-io.node; registers what IO_FUNCTION has put on the list. */
#include "io/binding.h"

extern const struct io_function *const __start_io_functions[] __attribute__((visibility("hidden")));
extern const struct io_function *const __stop_io_functions[] __attribute__((visibility("hidden")));

NAPI_MODULE_INIT(/* napi_env env, napi_value exports */)
{
	for (const struct io_function *const *at = __start_io_functions; at < __stop_io_functions;
	     at++) {
		napi_value function;

		if (napi_create_function(env, (*at)->name, NAPI_AUTO_LENGTH, (*at)->callback, NULL,
					 &function) != napi_ok ||
		    napi_set_named_property(env, exports, (*at)->name, function) != napi_ok)
			return NULL;
	}
	return exports;
}
