/* mapping-ranges: what is asked of some ranges of a mapping: to be read ahead, or to be written. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/mapping.h"

enum argument { MAPPING, RANGES, ABORT, ARGUMENTS };

struct mapping_ranges {
	struct io_work work;
	struct mapping *mapping;
	/* A copy: the caller could change his own meanwhile. */
	struct mapping_stretch {
		size_t offset;
		size_t length;
	} * stretches;
	size_t count;
};

/* One pair, cut at the end of the mapping. */
static bool mapping_ranges_put(napi_env env, struct mapping_ranges *ranges, const double *pair)
{
	struct mapping_stretch *stretch = &ranges->stretches[ranges->count];
	size_t whole = ranges->mapping->length;

	/* Written so that NaN is refused too. */
	if (!(pair[0] >= 0 && pair[1] >= 0 && pair[0] + pair[1] <= IO_LARGEST_INTEGER)) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
				       "an offset or a length is no whole number up to 2^53 - 1");
		return false;
	}
	stretch->offset = (size_t)pair[0];
	stretch->length = (size_t)pair[1];
	if (stretch->offset >= whole || stretch->length == 0)
		return true;
	if (stretch->length > whole - stretch->offset)
		stretch->length = whole - stretch->offset;
	ranges->count++;
	return true;
}

static bool mapping_ranges_take(napi_env env, struct mapping_ranges *ranges, napi_value value)
{
	struct io_ranges given;

	if (!io_take_ranges(env, value, &given))
		return false;
	ranges->stretches = calloc(given.count + 1, sizeof(*ranges->stretches));
	if (!ranges->stretches) {
		io_throw(env, -ENOMEM, "malloc");
		return false;
	}
	for (size_t i = 0; i < given.count; i++)
		if (!mapping_ranges_put(env, ranges, &given.pairs[i * 2]))
			return false;
	return true;
}

static int mapping_ranges_prefetch(struct io_work *work)
{
	const struct mapping_ranges *ranges = (struct mapping_ranges *)work;
	int error = 0;

	/* All are asked of the disk before the first is waited for. */
	for (size_t i = 0; i < ranges->count; i++) {
		if (io_work_is_aborted(work))
			return -ECANCELED;
		mapping_will_need(ranges->mapping, ranges->stretches[i].offset,
				  ranges->stretches[i].length);
	}
	for (size_t i = 0; !error && i < ranges->count; i++)
		error = mapping_populate(ranges->mapping, ranges->stretches[i].offset,
					 ranges->stretches[i].length, work);
	return error || !mapping_is_broken(ranges->mapping) ? error : -IO_TRUNCATED;
}

static int mapping_ranges_flush(struct io_work *work)
{
	const struct mapping_ranges *ranges = (struct mapping_ranges *)work;
	int error = 0;

	for (size_t i = 0; !error && i < ranges->count; i++)
		error = io_work_is_aborted(work)
			? -ECANCELED
			: mapping_flush(ranges->mapping, ranges->stretches[i].offset,
					ranges->stretches[i].length);
	return error || !mapping_is_broken(ranges->mapping) ? error : -IO_TRUNCATED;
}

static void mapping_ranges_release(struct io_work *work)
{
	struct mapping_ranges *ranges = (struct mapping_ranges *)work;

	if (ranges->mapping)
		mapping_drop(ranges->mapping);
	free(ranges->stretches);
}

static struct mapping_ranges *mapping_ranges_new(napi_env env, napi_callback_info info,
						 int (*run)(struct io_work *work),
						 const char *syscall)
{
	struct mapping_ranges *ranges = calloc(1, sizeof(*ranges));
	napi_value values[ARGUMENTS];

	if (!ranges) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	ranges->work = (struct io_work){
		.run = run,
		.release = mapping_ranges_release,
		.syscall = syscall,
	};
	if (io_take(env, info, ARGUMENTS, values) &&
	    mapping_take(env, values[MAPPING], &ranges->mapping) &&
	    mapping_ranges_take(env, ranges, values[RANGES]) &&
	    io_work_take_abort(env, &ranges->work, values[ABORT]))
		return ranges;
	io_work_drop(env, &ranges->work);
	return NULL;
}

static napi_value mapping_ranges_now(napi_env env, struct mapping_ranges *ranges)
{
	napi_value value;
	int error;

	if (!ranges)
		return NULL;
	error = ranges->work.run(&ranges->work);
	value = error ? io_throw(env, error, ranges->work.syscall) : io_undefined(env);
	io_work_drop(env, &ranges->work);
	return value;
}

/* mappingPrefetch(mapping, pairs, abort): a promise that they are in memory. */
static napi_value mapping_prefetch_js(napi_env env, napi_callback_info info)
{
	struct mapping_ranges *ranges =
		mapping_ranges_new(env, info, mapping_ranges_prefetch, "madvise");

	return ranges ? io_work_start(env, &ranges->work) : NULL;
}

/* mappingFlush(mapping, pairs, abort): a promise that their changes are on the disk. */
static napi_value mapping_flush_js(napi_env env, napi_callback_info info)
{
	struct mapping_ranges *ranges =
		mapping_ranges_new(env, info, mapping_ranges_flush, "msync");

	return ranges ? io_work_start(env, &ranges->work) : NULL;
}

/* mappingPrefetchSync(...), mappingFlushSync(...): the same, at once. */
static napi_value mapping_prefetch_sync_js(napi_env env, napi_callback_info info)
{
	return mapping_ranges_now(
		env, mapping_ranges_new(env, info, mapping_ranges_prefetch, "madvise"));
}

static napi_value mapping_flush_sync_js(napi_env env, napi_callback_info info)
{
	return mapping_ranges_now(env,
				  mapping_ranges_new(env, info, mapping_ranges_flush, "msync"));
}

IO_FUNCTION("mappingPrefetch", mapping_prefetch_js);
IO_FUNCTION("mappingFlush", mapping_flush_js);
IO_FUNCTION("mappingPrefetchSync", mapping_prefetch_sync_js);
IO_FUNCTION("mappingFlushSync", mapping_flush_sync_js);
