/* view: a read-only mapping of a file from its start, kept between calls and shared by threads. */
#ifndef CROSSBILL_IO_VIEW_H
#define CROSSBILL_IO_VIEW_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>

struct view {
	const unsigned char *base;
	size_t length;
	unsigned int users;
};

/* The view behind a value of createView, with one user more. False with an exception pending. */
bool view_take(napi_env env, napi_value value, struct view **view);
/*
 * Fills the page tables of its first `bytes` bytes, so that touching them faults no more; reads
 * what is not in the page cache. Kernels before 5.14 do not: then the first touches do.
 */
void view_populate(const struct view *view, size_t bytes);
/* The last user unmaps it. NULL is allowed. */
void view_drop(struct view *view);

#endif
