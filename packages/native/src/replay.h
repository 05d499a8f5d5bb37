/*
 * replay: what all ways to replay the same calls share: the plan, the user's file (read only), a
 * scratch file (the only one that is written), and the account of what came of the calls. A way is
 * a mechanism with a `run` of its own; one call of it is the whole plan.
 *
 * Parameters: plan (a path), scratch (a path; created, and removed by its folder's owner), piece
 * (bytes of a buffered way's buffer), group (records a grouped way makes durable at a time).
 */
#ifndef CROSSBILL_REPLAY_H
#define CROSSBILL_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parameters.h"
#include "replay-plan.h"
#include "tally.h"

struct replay {
	struct replay_plan plan;
	/* The user's file, or -1. */
	int source;
	/* Or -1. */
	int scratch;
	/* The one of the two that the plan's calls are about. */
	int fd;
	/* Where reads put what they got, and where writes find it. */
	unsigned char *buffer;
	/* What a buffered way gathers in; `piece` bytes. */
	unsigned char *store;
	size_t piece;
	uint64_t group;
	bool was_touched;
	/* In the untimed run that looks at the bytes. */
	bool is_checking;
	bool was_checked;
	/* System calls made, bytes delivered, and accesses that returned another length than
	 * recorded. */
	uint64_t calls;
	uint64_t bytes;
	uint64_t differing;
	uint64_t checksum;
	uint64_t device_bytes_before;
	uint64_t queue_ns_before;
};

/* Hooks for `struct mechanism`; the state begins with a struct replay. */
int replay_open(void **state, struct parameters *parameters);
int replay_ready(void *state, uint64_t calls);
void replay_close(void *state);

/* Opens into `self`, for a way with more state. Returns 0 or -errno; replay_end is due after
 * success. */
int replay_begin(struct replay *self, struct parameters *parameters);
void replay_end(struct replay *self);

/* Counts, and checks the bytes once, by `run` again or by reading the scratch file. 0 or -errno. */
int replay_done(struct replay *self, int (*run)(void *state, uint64_t calls), struct tally *tally);

/* Makes one recorded call. Returns 0 or -errno. */
int replay_perform(struct replay *self, const struct replay_access *access);

uint64_t replay_fold(uint64_t checksum, const unsigned char *data, size_t bytes);

/* Notes what an access returned, and looks at the bytes if this is the run for it. */
static inline void replay_delivered(struct replay *self, const struct replay_access *access,
				    const unsigned char *data, size_t moved)
{
	self->bytes += moved;
	self->differing += moved != access->moved;
	if (self->is_checking)
		self->checksum = replay_fold(self->checksum, data, moved);
}

/* Where a write finds its bytes: they depend on the place in the file, so a misplaced one shows. */
static inline const unsigned char *replay_written(const struct replay *self, uint64_t offset)
{
	return self->buffer + (offset & 0xffff);
}

#endif
