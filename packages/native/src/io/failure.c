/* failure: what went wrong, as JavaScript gets it. */
#include "io/failure.h"

#include <string.h>

napi_value io_failure(napi_env env, int error, const char *syscall)
{
	napi_value message, failure, number, name;

	if (napi_create_string_utf8(env, error < -4095 ? syscall : strerror(-error),
				    NAPI_AUTO_LENGTH, &message) != napi_ok ||
	    napi_create_error(env, NULL, message, &failure) != napi_ok ||
	    napi_create_int32(env, error, &number) != napi_ok ||
	    napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_set_named_property(env, failure, "errno", number) != napi_ok ||
	    napi_set_named_property(env, failure, "syscall", name) != napi_ok)
		return NULL;
	return failure;
}

napi_value io_throw(napi_env env, int error, const char *syscall)
{
	napi_value failure = io_failure(env, error, syscall);

	if (failure)
		napi_throw(env, failure);
	return NULL;
}
