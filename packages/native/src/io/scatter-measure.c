/* scatter-measure: what can be told of a list of pieces in one pass, for the choice of a mechanism.
 */
#include <math.h>
#include <string.h>

#include "io/binding.h"
#include "io/scatter.h"

/* By the places of `Sum` in packages/io/src/ranges.ts: a list is measured in parts. */
enum sum { BYTES, GROUPS, GROUP_BYTES, GROUP_BEGIN, END, SUMS };

/* Adds one piece: to the group before, if one read takes in both, or as a group of its own. */
static inline void measure_add(double *sums, double offset, double length)
{
	double until = offset + length;
	double gap = offset - sums[END];
	/* Whether it is 0 to the most, as one comparison: of two, a processor guesses one wrongly.
	 */
	bool is_near = fabs(gap - SCATTER_GAP_BYTES / 2) <= SCATTER_GAP_BYTES / 2;

	if (is_near && until - sums[GROUP_BEGIN] <= SCATTER_WINDOW_BYTES) {
		sums[GROUP_BYTES] += until - sums[END];
	} else {
		sums[GROUPS]++;
		sums[GROUP_BEGIN] = offset;
		sums[GROUP_BYTES] += length;
	}
	sums[BYTES] += length;
	sums[END] = until;
}

/* The first of the pieces that is no pair of whole numbers; their count when all are. */
static size_t measure(const struct scatter_source *source, size_t begin, double *sums)
{
	struct scatter_piece piece;
	size_t at = begin;

	for (; at < source->count && scatter_cut(source, at, &piece); at++)
		if (piece.length > 0)
			measure_add(sums, (double)piece.offset, (double)piece.length);
	return at;
}

/* measurePieces(pairs, begin, end, size, sums): the first that is wrong, or `end`. */
static napi_value measure_js(napi_env env, napi_callback_info info)
{
	struct scatter_source source = {0};
	struct io_ranges ranges;
	struct io_bytes bytes;
	int64_t begin, end, size;
	napi_value values[5];
	double sums[SUMS];
	size_t wrong;

	if (!io_take(env, info, 5, values) || !io_take_ranges(env, values[0], &ranges) ||
	    !io_take_integer(env, values[1], 0, (int64_t)ranges.count, &begin) ||
	    !io_take_integer(env, values[2], begin, (int64_t)ranges.count, &end) ||
	    !io_take_integer(env, values[3], 0, INT64_MAX, &size) ||
	    !io_take_bytes(env, values[4], &bytes))
		return NULL;
	if (bytes.length < sizeof(sums)) {
		napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "the sums have too few places");
		return NULL;
	}
	source.pairs = ranges.pairs;
	source.count = (size_t)end;
	source.size = (uint64_t)size;
	memcpy(sums, bytes.data, sizeof(sums));
	wrong = measure(&source, (size_t)begin, sums);
	memcpy(bytes.data, sums, sizeof(sums));
	return io_number(env, (double)wrong);
}

IO_FUNCTION("measurePieces", measure_js);
