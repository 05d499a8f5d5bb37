/* scatter-call: the calls of JavaScript that move pieces, at once or in a thread of the pool. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "io/binding.h"
#include "io/failure.h"
#include "io/piece-list.h"
#include "io/scatter.h"

/* By the numbers of `ways` in packages/io/src/scatter.ts. */
static scatter_way *const scatter_ways[] = {
	scatter_by_mapping, scatter_by_uring,  scatter_by_through,
	scatter_by_pread,   scatter_by_pwrite,
};
#define WAYS (sizeof(scatter_ways) / sizeof(scatter_ways[0]))
/* By the numbers of scatter.ts too: fill the page tables; the target was never touched. */
#define FLAG_POPULATE 1
#define FLAG_FRESH 2
/* Fresh memory from here on comes in huge pages, where the machine has them: fewer faults. */
#define HUGE_BYTES ((size_t)2 << 20)

enum argument { WAY, FD, SIZE, PAIRS, INTO, VIEW, FLAGS, ABORT, ARGUMENTS };

struct scatter_call {
	struct io_work work;
	struct scatter scatter;
	int64_t way;
};

static bool scatter_refuse_room(napi_env env)
{
	napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
			       "the pieces are more than the memory that is given for them");
	return false;
}

/* Offset and length of one pair, cut at the end of the file. */
static bool scatter_take_piece(napi_env env, const double *pair, uint64_t size,
			       struct scatter_piece *piece)
{
	double offset = pair[0];
	double length = pair[1];

	/* Written so that NaN is refused too. */
	if (!(offset >= 0 && length >= 0 && offset + length <= IO_LARGEST_INTEGER) ||
	    (double)(uint64_t)offset != offset || (double)(uint64_t)length != length) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
				       "an offset or a length is no whole number up to 2^53 - 1");
		return false;
	}
	piece->offset = (uint64_t)offset;
	piece->length = (size_t)length;
	if (piece->offset >= size)
		piece->length = 0;
	else if (piece->length > size - piece->offset)
		piece->length = (size_t)(size - piece->offset);
	return true;
}

/* The memory for a piece: where the room begins; the room behind it is left. */
static bool scatter_place(napi_env env, struct io_bytes *room, struct scatter_piece *piece)
{
	if (piece->length > room->length)
		return scatter_refuse_room(env);
	piece->data = room->data;
	room->data += piece->length;
	room->length -= piece->length;
	return true;
}

/* Adds a piece whose memory is known; no way has to mind empty ones. */
static void scatter_add(struct scatter *scatter, struct scatter_piece piece)
{
	scatter->pieces[scatter->count] = piece;
	scatter->bytes += piece.length;
	scatter->count += piece.length > 0;
}

/*
 * A Buffer of its own for each piece. All Buffers are fetched before the memory of any is looked
 * at: fetching may call a getter, which can free what was looked at before.
 */
static bool scatter_take_each(napi_env env, struct scatter *scatter, size_t count, napi_value each)
{
	for (size_t i = 0; i < count; i++) {
		napi_value own;

		if (napi_get_element(env, each, (uint32_t)i, &own) != napi_ok)
			return false;
		scatter->pieces[i].data = (unsigned char *)own;
	}
	for (size_t i = 0; i < count; i++) {
		struct scatter_piece piece = scatter->pieces[i];
		struct io_bytes room;

		if (!io_take_bytes(env, (napi_value)(void *)piece.data, &room) ||
		    !scatter_place(env, &room, &piece))
			return false;
		scatter_add(scatter, piece);
	}
	return true;
}

static bool scatter_take_pieces(napi_env env, struct scatter *scatter, napi_value pairs,
				napi_value into)
{
	struct io_bytes room = {0};
	struct io_ranges ranges;
	bool is_each = false;

	if (!io_take_ranges(env, pairs, &ranges) || napi_is_array(env, into, &is_each) != napi_ok ||
	    (!is_each && !io_take_bytes(env, into, &room)))
		return false;
	scatter->pieces = piece_list_take(ranges.count + 1);
	if (!scatter->pieces) {
		io_throw(env, -ENOMEM, "malloc");
		return false;
	}
	for (size_t i = 0; i < ranges.count; i++) {
		struct scatter_piece piece;

		if (!scatter_take_piece(env, &ranges.pairs[i * 2], scatter->size, &piece))
			return false;
		if (is_each)
			scatter->pieces[i] = piece;
		else if (scatter_place(env, &room, &piece))
			scatter_add(scatter, piece);
		else
			return false;
	}
	return !is_each || scatter_take_each(env, scatter, ranges.count, into);
}

static bool scatter_take_view(napi_env env, struct scatter *scatter, napi_value value)
{
	napi_valuetype type;

	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	return type == napi_undefined || view_take(env, value, &scatter->view);
}

/* Each fault then brings a huge page instead of a small one. */
static void scatter_advise_fresh(const struct scatter *scatter)
{
	uintptr_t begin, end;

	if (scatter->count == 0)
		return;
	begin = ((uintptr_t)scatter->pieces[0].data + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
	end = ((uintptr_t)scatter->pieces[0].data + scatter->bytes) & ~(HUGE_BYTES - 1);
	if (end > begin)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static bool scatter_call_take(napi_env env, struct scatter_call *call, const napi_value *values)
{
	struct scatter *scatter = &call->scatter;
	int64_t size, flags;

	if (!io_take_integer(env, values[WAY], 0, WAYS - 1, &call->way) ||
	    !io_take_fd(env, values[FD], &scatter->fd) ||
	    !io_take_integer(env, values[SIZE], 0, INT64_MAX, &size) ||
	    !io_take_integer(env, values[FLAGS], 0, FLAG_POPULATE | FLAG_FRESH, &flags))
		return false;
	scatter->size = (uint64_t)size;
	scatter->is_populating = flags & FLAG_POPULATE;
	if (!scatter_take_pieces(env, scatter, values[PAIRS], values[INTO]) ||
	    !scatter_take_view(env, scatter, values[VIEW]) ||
	    !io_work_keep(env, &call->work, values[INTO]) ||
	    !io_work_take_abort(env, &call->work, values[ABORT]))
		return false;
	if (flags & FLAG_FRESH)
		scatter_advise_fresh(scatter);
	return true;
}

static int scatter_call_run(struct io_work *work)
{
	struct scatter_call *call = (struct scatter_call *)work;
	int error = scatter_ways[call->way](&call->scatter);

	work->syscall = call->scatter.syscall;
	return error;
}

static void scatter_call_explain(napi_env env, struct io_work *work, napi_value failure)
{
	const struct scatter_call *call = (struct scatter_call *)work;
	napi_value written = io_number(env, (double)call->scatter.written);

	if (written && scatter_ways[call->way] == scatter_by_pwrite)
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

/* scatter(way, fd, size, pairs, into, view, flags, abort): a promise of the bytes moved. */
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
