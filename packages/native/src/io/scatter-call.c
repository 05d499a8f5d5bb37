/* scatter-call: the calls of JavaScript that move pieces, at once or in a thread of the pool. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "io/binding.h"
#include "io/failure.h"
#include "io/piece-list.h"
#include "io/scatter-direct.h"
#include "io/scatter.h"

/* By the numbers of `ways` in packages/io/src/scatter.ts. */
static const struct {
	scatter_way *move;
	bool is_listed; /* It needs the pieces listed. */
} scatter_ways[] = {
	{scatter_by_mapping, false}, {scatter_by_uring, true},	{scatter_by_through, true},
	{scatter_by_pread, true},    {scatter_by_pwrite, true},
};
#define WAYS (sizeof(scatter_ways) / sizeof(scatter_ways[0]))
/* By the numbers of scatter.ts too: fill the page tables; the target was never touched. */
#define FLAG_POPULATE 1
#define FLAG_FRESH 2
#define FLAG_DIRECT 4 /* The file was opened with O_DIRECT. */
/* Fresh memory from here on comes in huge pages, where the machine has them: fewer faults. */
#define HUGE_BYTES ((size_t)2 << 20)

enum argument { WAY, FD, SIZE, PAIRS, BYTES, INTO, VIEW, FLAGS, ABORT, ARGUMENTS };

struct scatter_call {
	struct io_work work;
	struct scatter scatter;
	int64_t way;
	bool is_direct;
};

static bool scatter_refuse_room(napi_env env, const char *message)
{
	napi_throw_range_error(env, "ERR_OUT_OF_RANGE", message);
	return false;
}

/*
 * Room for a Buffer for each piece, with the Buffers themselves where their memory will stand: all
 * are fetched before any memory is looked at, as fetching may call a getter, which can free it.
 */
static bool scatter_fetch_rooms(napi_env env, struct scatter_source *source, napi_value each)
{
	uint32_t length;

	if (napi_get_array_length(env, each, &length) != napi_ok)
		return false;
	source->rooms = calloc((size_t)length + 1, sizeof(source->rooms[0]));
	if (!source->rooms) {
		io_throw(env, -ENOMEM, "malloc");
		return false;
	}
	for (uint32_t i = 0; i < length; i++) {
		napi_value own;

		if (napi_get_element(env, each, i, &own) != napi_ok)
			return false;
		source->rooms[i].data = (unsigned char *)own;
	}
	source->count = length;
	return true;
}

/* The memory of each Buffer, large enough now; scatter_next looks again. */
static bool scatter_take_rooms(napi_env env, struct scatter_source *source)
{
	struct scatter_piece piece;

	for (size_t i = 0; i < source->count; i++) {
		struct io_bytes *room = &source->rooms[i];

		if (!io_take_bytes(env, (napi_value)(void *)room->data, room))
			return false;
		if (scatter_cut(source, i, &piece) && piece.length > room->length)
			return scatter_refuse_room(env,
						   "a piece is more than the memory given for it");
	}
	return true;
}

static bool scatter_take_source(napi_env env, struct scatter_source *source, napi_value pairs,
				napi_value into)
{
	struct io_ranges ranges;
	bool is_each = false;

	if (napi_is_array(env, into, &is_each) != napi_ok ||
	    (is_each && !scatter_fetch_rooms(env, source, into)) ||
	    !io_take_ranges(env, pairs, &ranges))
		return false;
	if (is_each && source->count != ranges.count)
		return scatter_refuse_room(env, "there are not as many Buffers as pieces");
	source->pairs = ranges.pairs;
	source->count = ranges.count;
	return is_each ? scatter_take_rooms(env, source) : io_take_bytes(env, into, &source->room);
}

/* Lists the pieces that are not empty: no way has to mind those. Returns 0 or -errno. */
static int scatter_list(struct scatter *scatter)
{
	struct source_cursor cursor = {0};

	scatter->pieces = piece_list_take(scatter->source.count + 1);
	if (!scatter->pieces)
		return -ENOMEM;
	while (cursor.at < scatter->source.count) {
		struct scatter_piece *piece = &scatter->pieces[scatter->count];

		if (!scatter_next(&scatter->source, &cursor, piece))
			return -EINVAL;
		scatter->count += piece->length > 0;
	}
	scatter->bytes = cursor.bytes;
	return 0;
}

static bool scatter_take_view(napi_env env, struct scatter *scatter, napi_value value)
{
	napi_valuetype type;

	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	return type == napi_undefined || view_take(env, value, &scatter->view);
}

/* Each fault then brings a huge page instead of a small one. */
static void scatter_advise_fresh(const struct io_bytes *room)
{
	uintptr_t begin = ((uintptr_t)room->data + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	uintptr_t end = ((uintptr_t)room->data + room->length) & ~(HUGE_BYTES - 1);

	if (end > begin)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static bool scatter_call_take(napi_env env, struct scatter_call *call, const napi_value *values)
{
	struct scatter *scatter = &call->scatter;
	int64_t size, bytes, flags;

	if (!io_take_integer(env, values[WAY], 0, WAYS - 1, &call->way) ||
	    !io_take_fd(env, values[FD], &scatter->fd) ||
	    !io_take_integer(env, values[SIZE], 0, INT64_MAX, &size) ||
	    !io_take_integer(env, values[BYTES], 0, INT64_MAX, &bytes) ||
	    !io_take_integer(env, values[FLAGS], 0, FLAG_POPULATE | FLAG_FRESH | FLAG_DIRECT,
			     &flags))
		return false;
	scatter->source.size = (uint64_t)size;
	scatter->bytes_expected = (uint64_t)bytes;
	scatter->is_populating = flags & FLAG_POPULATE;
	call->is_direct = flags & FLAG_DIRECT;
	if (!scatter_take_source(env, &scatter->source, values[PAIRS], values[INTO]) ||
	    !scatter_take_view(env, scatter, values[VIEW]) ||
	    !io_work_keep(env, &call->work, values[PAIRS]) ||
	    !io_work_keep(env, &call->work, values[INTO]) ||
	    !io_work_take_abort(env, &call->work, values[ABORT]))
		return false;
	if (flags & FLAG_FRESH && !scatter->source.rooms)
		scatter_advise_fresh(&scatter->source.room);
	return true;
}

static int scatter_call_run(struct io_work *work)
{
	struct scatter_call *call = (struct scatter_call *)work;
	int error = scatter_ways[call->way].is_listed ? scatter_list(&call->scatter) : 0;

	if (error)
		return error;
	/* A mapping does not mind: it goes by the page cache. */
	if (call->is_direct && scatter_ways[call->way].is_listed)
		error = scatter_by_direct(&call->scatter, scatter_ways[call->way].move);
	else
		error = scatter_ways[call->way].move(&call->scatter);
	work->syscall = call->scatter.syscall;
	return error;
}

static void scatter_call_explain(napi_env env, struct io_work *work, napi_value failure)
{
	const struct scatter_call *call = (struct scatter_call *)work;
	napi_value written = io_number(env, (double)call->scatter.written);

	if (written && scatter_ways[call->way].move == scatter_by_pwrite)
		napi_set_named_property(env, failure, "bytesWritten", written);
}

static napi_value scatter_call_value(napi_env env, struct io_work *work)
{
	return io_number(env, (double)((struct scatter_call *)work)->scatter.bytes);
}

static void scatter_call_release(struct io_work *work)
{
	struct scatter_call *call = (struct scatter_call *)work;

	view_drop(call->scatter.view);
	piece_list_give(call->scatter.pieces);
	free(call->scatter.source.rooms);
}

static struct scatter_call *scatter_call_new(napi_env env, napi_callback_info info)
{
	struct scatter_call *call = calloc(1, sizeof(*call));
	napi_value values[ARGUMENTS];

	if (!call) {
		io_throw(env, -ENOMEM, "malloc");
		return NULL;
	}
	call->work = (struct io_work){
		.run = scatter_call_run,
		.value = scatter_call_value,
		.explain = scatter_call_explain,
		.release = scatter_call_release,
		.syscall = "read",
	};
	if (io_take(env, info, ARGUMENTS, values) && scatter_call_take(env, call, values))
		return call;
	io_work_drop(env, &call->work);
	return NULL;
}

/* scatter(way, fd, size, pairs, bytes, into, view, flags, abort): a promise of the bytes moved. */
static napi_value scatter_js(napi_env env, napi_callback_info info)
{
	struct scatter_call *call = scatter_call_new(env, info);

	if (!call)
		return NULL;
	call->scatter.work = &call->work;
	return io_work_start(env, &call->work);
}

/* scatterSync(...): the same, at once. */
static napi_value scatter_sync_js(napi_env env, napi_callback_info info)
{
	struct scatter_call *call = scatter_call_new(env, info);
	napi_value result;
	int error;

	if (!call)
		return NULL;
	error = scatter_call_run(&call->work);
	result = error ? io_failure(env, error, call->work.syscall)
		       : scatter_call_value(env, &call->work);
	if (error && result) {
		scatter_call_explain(env, &call->work, result);
		napi_throw(env, result);
		result = NULL;
	}
	io_work_drop(env, &call->work);
	return result;
}

IO_FUNCTION("scatter", scatter_js);
IO_FUNCTION("scatterSync", scatter_sync_js);
