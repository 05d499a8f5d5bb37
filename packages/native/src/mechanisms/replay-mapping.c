/* replay-mapping: the file is mapped once, and what was read is copied out of the mapping. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mechanism.h"
#include "replay.h"

static void replay_copy_out(struct replay *self, const struct replay_access *access,
			    const unsigned char *file)
{
	uint64_t bytes = self->plan.head.file_bytes;
	uint64_t start = access->offset < bytes ? access->offset : bytes;
	size_t moved = access->asked < bytes - start ? access->asked : (size_t)(bytes - start);

	memcpy(self->buffer, file + start, moved);
	__asm__ volatile("" ::: "memory"); /* Each copy is made, though nobody reads it. */
	replay_delivered(self, access, self->buffer, moved);
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
			replay_copy_out(self, &self->plan.accesses[i], file);
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
