/*
 * replay-plan: the calls of a replay, from a file that crossbill wrote. Nothing in it is taken on
 * trust: it was made from a recording, which may come from anywhere.
 */
#ifndef CROSSBILL_REPLAY_PLAN_H
#define CROSSBILL_REPLAY_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_ACCESSES_MAX (1u << 20)
/* Bytes one call may ask for; buffers are this large. */
#define REPLAY_ASKED_MAX (16u << 20)
/* How far a scratch file may reach. */
#define REPLAY_SCRATCH_MAX (4ull << 30)
/* The kernel's own limit of a path, its end included (PATH_MAX). */
#define REPLAY_PATH_MAX 4096u

enum replay_operation {
	REPLAY_READ,  /* at the file's position, which is `offset` */
	REPLAY_PREAD, /* at `offset` */
	REPLAY_WRITE,
	REPLAY_PWRITE,
	REPLAY_SEEK, /* to `offset` */
	REPLAY_SYNC,
	REPLAY_DATA_SYNC,
	REPLAY_OPERATIONS,
};

struct replay_access {
	uint64_t offset;
	uint32_t asked;
	/* What the call returned when it was recorded. */
	uint32_t moved;
	uint32_t operation;
	uint32_t unused;
};

/* The file begins with this, then the path without an end, then the accesses. */
struct replay_head {
	char magic[8];
	uint32_t path_bytes; /* 0: no file of the user's is read */
	uint32_t is_cold;
	uint64_t accesses;
	/* Which file it must be, so that all runs of a trial read the same. */
	uint64_t device;
	uint64_t inode;
	uint64_t file_bytes;
	/* Bytes the scratch file has before the first call, and at most. */
	uint64_t scratch_bytes;
	uint64_t scratch_most;
};

struct replay_plan {
	struct replay_head head;
	char path[REPLAY_PATH_MAX];
	struct replay_access *accesses;
	uint32_t largest; /* bytes that any one call asks for */
	bool has_writes;
};

/* Returns 0 or -errno with the words for it; replay_plan_free is due after success. */
int replay_plan_read(struct replay_plan *plan, const char *path);
void replay_plan_free(struct replay_plan *plan);

static inline bool replay_is_read(const struct replay_access *access)
{
	return access->operation == REPLAY_READ || access->operation == REPLAY_PREAD;
}

static inline bool replay_is_write(const struct replay_access *access)
{
	return access->operation == REPLAY_WRITE || access->operation == REPLAY_PWRITE;
}

#endif
