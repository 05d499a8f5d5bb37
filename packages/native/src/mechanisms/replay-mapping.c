/* replay-mapping: the file is mapped once, and what was read is used where it is. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

#define CACHE_LINE 64u

/* A load for each cache line: what a program pays that uses the bytes where they are. */
static void replay_load(const unsigned char *data, size_t bytes)
{
	const volatile unsigned char *line = data;

	for (size_t at = 0; at < bytes; at += CACHE_LINE)
		(void)line[at];
	if (bytes > 0)
		(void)line[bytes - 1];
}

static void replay_use(struct replay *self, const struct replay_access *access,
		       const unsigned char *file)
{
	uint64_t bytes = self->plan.head.file_bytes;
	uint64_t start = access->offset < bytes ? access->offset : bytes;
	size_t moved = access->asked < bytes - start ? access->asked : (size_t)(bytes - start);

	replay_load(file + start, moved);
	replay_delivered(self, access, file + start, moved);
}

static int replay_mapping_run(void *state, uint64_t calls)
{
	struct replay *self = state;
	size_t bytes = (size_t)self->plan.head.file_bytes;
	unsigned char *file;

	(void)calls;
	if (self->source < 0 || bytes == 0)
		return -EINVAL;
	file = mmap(NULL, bytes, PROT_READ, MAP_SHARED, self->source, 0);
	if (file == MAP_FAILED)
		return -errno;
	self->calls += 2;
	for (uint64_t i = 0; i < self->plan.head.accesses; i++)
		if (replay_is_read(&self->plan.accesses[i]))
			replay_use(self, &self->plan.accesses[i], file);
	return munmap(file, bytes) < 0 ? -errno : 0;
}

static int replay_mapping_done(void *state, uint64_t calls, struct tally *tally)
{
	(void)calls;
	return replay_done(state, replay_mapping_run, tally);
}

MECHANISM(replay_mapping_mechanism) = {
	.name = "replay-mapping",
	.most_calls = 1,
	.open = replay_open,
	.ready = replay_ready,
	.run = replay_mapping_run,
	.done = replay_mapping_done,
	.close = replay_close,
};
