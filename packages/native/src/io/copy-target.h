/* copy-target: where a copy grows: beside its target, which it replaces when it is whole. */
#ifndef CROSSBILL_IO_COPY_TARGET_H
#define CROSSBILL_IO_COPY_TARGET_H

#include <stdbool.h>
#include <sys/stat.h>

#include "io/arguments.h"

struct copy_target {
	int fd;
	/* A file that this call has made, so that it goes when the call fails; else a pipe or a
	 * device, which is written to as it is. */
	bool is_made;
	/* Of the file to be replaced: it must belong to the same user afterwards. */
	bool is_replacing;
	uid_t uid;
	gid_t gid;
	/* Where the copy grows, and where it belongs. */
	char growing[IO_PATH_BYTES];
	char path[IO_PATH_BYTES];
};

/*
 * Opens a target for what `source` is the status of. `path` holds where it belongs. Exclusive: made
 * there at once, or EEXIST. Returns 0 or -errno, or -IO_SAME_FILE; nothing is open or made then.
 */
int copy_target_open(struct copy_target *target, const struct stat *source, bool is_exclusive);
/* Gives it its permissions and its place, and closes it. Returns 0 or -errno: then it is gone. */
int copy_target_keep(struct copy_target *target, mode_t mode);
/* Takes away what was made, and closes it. */
void copy_target_discard(struct copy_target *target);

#endif
