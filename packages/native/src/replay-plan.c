/* replay-plan: the calls of a replay, from a file that crossbill wrote. */
#define _GNU_SOURCE 1
#include "replay-plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mechanism.h"

static const char magic[8] = {'c', 'b', 'r', 'e', 'p', 'l', 'a', 'y'};

static bool replay_head_fits(const struct replay_head *head)
{
	return memcmp(head->magic, magic, sizeof(magic)) == 0 &&
		head->path_bytes < REPLAY_PATH_MAX && head->accesses > 0 &&
		head->accesses <= REPLAY_ACCESSES_MAX && head->file_bytes <= INT64_MAX &&
		head->scratch_bytes <= head->scratch_most &&
		head->scratch_most <= REPLAY_SCRATCH_MAX;
}

static bool replay_access_fits(const struct replay_plan *plan, const struct replay_access *access)
{
	uint64_t most = replay_is_write(access) ? plan->head.scratch_most : INT64_MAX;

	if (access->operation >= REPLAY_OPERATIONS || access->asked > REPLAY_ASKED_MAX ||
	    access->moved > access->asked || access->offset > most)
		return false;
	return access->asked <= most - access->offset;
}

static int replay_plan_accesses(struct replay_plan *plan, FILE *file)
{
	uint64_t count = plan->head.accesses;

	plan->accesses = calloc(count, sizeof(*plan->accesses));
	if (!plan->accesses)
		return -ENOMEM;
	if (fread(plan->accesses, sizeof(*plan->accesses), count, file) != count)
		return -EINVAL;
	for (uint64_t i = 0; i < count; i++) {
		const struct replay_access *access = &plan->accesses[i];

		if (!replay_access_fits(plan, access))
			return -EINVAL;
		if (access->asked > plan->largest)
			plan->largest = access->asked;
		plan->has_writes |= replay_is_write(access);
	}
	return 0;
}

static int replay_plan_parse(struct replay_plan *plan, FILE *file)
{
	size_t length;

	if (fread(&plan->head, sizeof(plan->head), 1, file) != 1 || !replay_head_fits(&plan->head))
		return -EINVAL;
	length = plan->head.path_bytes;
	if (fread(plan->path, 1, length, file) != length)
		return -EINVAL;
	plan->path[length] = 0;
	/* A name with a NUL inside would name another file. */
	if (strlen(plan->path) != length || (length > 0 && plan->path[0] != '/'))
		return -EINVAL;
	return replay_plan_accesses(plan, file);
}

int replay_plan_read(struct replay_plan *plan, const char *path)
{
	FILE *file = fopen(path, "re");
	int error;

	if (!file)
		return -errno;
	error = replay_plan_parse(plan, file);
	fclose(file);
	if (error)
		replay_plan_free(plan);
	if (error == -EINVAL)
		mechanism_refused("the plan of the replay (broken, or of another version)");
	return error;
}

void replay_plan_free(struct replay_plan *plan)
{
	free(plan->accesses);
	plan->accesses = NULL;
}
