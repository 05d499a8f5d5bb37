/* walk-batch: entries found by a walk, until JavaScript takes them. */
#define _GNU_SOURCE 1
#include "io/walk-batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Paths of deep folders are long: a batch of them ends sooner. */
#define FULL_PATH_BYTES ((size_t)1 << 20)
#define FIRST_ROOM 4096u
/* A batch's numbers, in this order, as doubles: they begin it. */
enum walk_header { COUNT, RUNS, NAME_BYTES, PATH_BYTES, IS_DONE, HEADERS };

int walk_batch_open(struct walk_batch *batch)
{
	return status_columns_open(&batch->columns, WALK_BATCH_ROOM);
}

void walk_batch_close(struct walk_batch *batch)
{
	status_columns_close(&batch->columns);
	free(batch->names.data);
	free(batch->paths.data);
	free(batch->runs.data);
}

bool walk_batch_is_full(const struct walk_batch *batch)
{
	return batch->count >= WALK_BATCH_ENTRIES || batch->paths.used >= FULL_PATH_BYTES;
}

/* Room for so many bytes more, which count as used; NULL without memory. */
static unsigned char *walk_bytes_add(struct walk_bytes *bytes, size_t more)
{
	/* Places are told by 32 bits. */
	if (more > UINT32_MAX - bytes->used)
		return NULL;
	if (!bytes->data || more > bytes->room - bytes->used) {
		size_t room = (bytes->used + more) * 2 + FIRST_ROOM;
		unsigned char *larger = realloc(bytes->data, room);

		if (!larger)
			return NULL;
		bytes->data = larger;
		bytes->room = room;
	}
	bytes->used += more;
	return bytes->data + bytes->used - more;
}

/* With the slashes between; the root has none. */
static size_t walk_path_length(const struct walk_folder *folder)
{
	size_t length = 0;

	for (; folder && folder->parent; folder = folder->parent)
		length += folder->name_length + (folder->depth > 1);
	return length;
}

int walk_batch_path(struct walk_batch *batch, const struct walk_folder *folder,
		    struct walk_path *path)
{
	size_t length = walk_path_length(folder);
	size_t begin = batch->paths.used;
	unsigned char *bytes = walk_bytes_add(&batch->paths, length);
	unsigned char *end;

	if (!bytes)
		return -ENOMEM;
	end = bytes + length;
	*path = (struct walk_path){
		.begin = (uint32_t)begin,
		.parent_end = (uint32_t)(begin + walk_path_length(folder->parent)),
		.end = (uint32_t)(begin + length),
	};
	for (; folder->parent; folder = folder->parent) {
		end -= folder->name_length;
		memcpy(end, folder->name, folder->name_length);
		if (folder->depth > 1)
			*--end = '/';
	}
	return 0;
}

int walk_batch_run(struct walk_batch *batch, uint32_t depth, uint32_t path_begin, uint32_t path_end)
{
	const struct walk_run run = {batch->count, depth, path_begin, path_end};
	unsigned char *place = walk_bytes_add(&batch->runs, sizeof(run));

	if (!place)
		return -ENOMEM;
	memcpy(place, &run, sizeof(run));
	return 0;
}

int walk_batch_put(struct walk_batch *batch, const char *name, const struct statx *status,
		   int error)
{
	size_t length = strlen(name) + 1;
	unsigned char *place = walk_bytes_add(&batch->names, length);

	if (!place)
		return -ENOMEM;
	memcpy(place, name, length);
	batch->name_ends[batch->count] = (uint32_t)(batch->names.used - 1);
	status_columns_put(&batch->columns, batch->count, status, error);
	batch->count++;
	return 0;
}

static unsigned char *walk_append(unsigned char *at, const void *bytes, size_t length)
{
	if (length > 0)
		memcpy(at, bytes, length);
	return at + length;
}

napi_value walk_batch_value(napi_env env, const struct walk_batch *batch, bool is_done)
{
	size_t count = batch->count;
	const double header[HEADERS] = {
		[COUNT] = (double)count,
		[RUNS] = (double)(batch->runs.used / sizeof(struct walk_run)),
		[NAME_BYTES] = (double)batch->names.used,
		[PATH_BYTES] = (double)batch->paths.used,
		[IS_DONE] = is_done,
	};
	size_t length = sizeof(header) + count * (STATUS_BYTES + sizeof(uint32_t)) +
		batch->runs.used + batch->names.used + batch->paths.used;
	unsigned char *at;
	napi_value value;
	void *data;

	if (napi_create_arraybuffer(env, length, &data, &value) != napi_ok)
		return NULL;
	at = walk_append(data, header, sizeof(header));
	status_columns_pack(&batch->columns, count, at);
	at = walk_append(at + count * STATUS_BYTES, batch->name_ends, count * sizeof(uint32_t));
	at = walk_append(at, batch->runs.data, batch->runs.used);
	at = walk_append(at, batch->names.data, batch->names.used);
	walk_append(at, batch->paths.data, batch->paths.used);
	return value;
}
