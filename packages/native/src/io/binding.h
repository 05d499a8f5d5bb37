/* binding: how a C file of crossbill-io.node puts its functions on the list of what JavaScript
 * sees. */
#ifndef CROSSBILL_IO_BINDING_H
#define CROSSBILL_IO_BINDING_H

#include <node_api.h>

struct io_function {
	const char *name;
	napi_callback callback;
};

/* Gathered by the linker, so a new function is its own file and no more. */
#define IO_FUNCTION(js_name, callback_function)                                             \
	static const struct io_function callback_function##_function = {js_name,            \
									callback_function}; \
	__attribute__((used, section("io_functions"))) static const struct io_function      \
		*const callback_function##_listed = &callback_function##_function

#endif
