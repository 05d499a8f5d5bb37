/* walk-visit: one visit of a folder: its next entries and what statx tells of them. */
#define _GNU_SOURCE 1
#include "io/walk-visit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* Whether a folder, found by a link, is one of those above it. */
static bool walk_is_loop(const struct walk_folder *folder)
{
	const struct walk_folder *above = folder->parent;

	while (above && (above->inode != folder->inode || above->device != folder->device))
		above = above->parent;
	return above != NULL;
}

static const struct walk_folder *walk_root(const struct walk_folder *folder)
{
	while (folder->parent)
		folder = folder->parent;
	return folder;
}

/* The next entries of the folder into `piece`. */
static void walk_fill(struct walk_visit *visit, struct walk_folder *folder)
{
	if (!visit->options->is_sorted) {
		walk_piece_read(&visit->piece, visit->fd);
		return;
	}
	if (!folder->listing)
		folder->listing = walk_listing_read(visit->fd);
	if (folder->listing)
		walk_piece_take(&visit->piece, folder->listing);
	else
		visit->piece.error = -ENOMEM;
}

/* What becomes of a folder just opened. Returns 0, or -errno to be told with it. */
static int walk_meet(struct walk_visit *visit, struct walk_folder *folder, int fd,
		     struct statx *status)
{
	int error = status_ask(fd, "", AT_EMPTY_PATH, status);
	bool is_elsewhere;

	folder->device = makedev(status->stx_dev_major, status->stx_dev_minor);
	folder->inode = status->stx_ino;
	folder->is_begun = true;
	is_elsewhere =
		visit->options->is_same_system && folder->device != walk_root(folder)->device;
	if (!error && visit->options->is_following && walk_is_loop(folder))
		error = -ELOOP;
	if (error || is_elsewhere) {
		close(fd);
		return error;
	}
	walk_tree_adopt(visit->tree, folder, fd);
	visit->fd = fd;
	walk_fill(visit, folder);
	return visit->piece.error;
}

/* Tells of a folder that could not be opened, `at` being its parent, or a failure too. */
static int walk_tell_closed(struct walk_visit *visit, const struct walk_folder *folder, int at,
			    int error)
{
	int flags = folder->is_link ? 0 : AT_SYMLINK_NOFOLLOW;
	struct statx status;
	bool is_known = at >= 0 && status_ask(at, folder->name, flags, &status) == 0;

	/* Something else has its name by now: that is told instead. */
	if (is_known && !S_ISDIR(status.stx_mode))
		error = 0;
	return walk_batch_put(visit->batch, folder->name, is_known ? &status : NULL, error);
}

/* Tells of a folder once more, because reading it failed after some of it had been told. */
static int walk_tell_again(struct walk_visit *visit, const struct walk_folder *folder,
			   const struct walk_path *path, int error)
{
	const char *name = folder->parent ? folder->name : "";
	struct statx status;
	bool is_known = visit->fd >= 0 && status_ask(visit->fd, "", AT_EMPTY_PATH, &status) == 0;
	int failure = walk_batch_run(visit->batch, folder->depth, path->begin, path->parent_end);

	if (failure)
		return failure;
	return walk_batch_put(visit->batch, name, is_known ? &status : NULL, error);
}

/* The root is not told, so what fails with it alone ends the walk. */
static int walk_begin_root(struct walk_visit *visit, struct walk_folder *root,
			   const struct walk_path *path)
{
	int fd = walk_tree_enter(visit->tree, root, AT_FDCWD);
	struct statx status = {0};
	int error;

	if (fd < 0)
		return fd;
	error = walk_meet(visit, root, fd, &status);
	if (error && visit->piece.count > 0)
		return walk_tell_again(visit, root, path, error);
	return error;
}

static int walk_begin(struct walk_visit *visit, struct walk_folder *folder,
		      const struct walk_path *path)
{
	int at = walk_tree_pin(visit->tree, folder->parent);
	int fd = at < 0 ? at : walk_tree_enter(visit->tree, folder, at);
	int failure = walk_batch_run(visit->batch, folder->depth, path->begin, path->parent_end);

	if (fd < 0 && walk_tree_spare(visit->tree, fd)) {
		walk_tree_again(visit->tree, folder);
	} else if (fd < 0) {
		failure = failure ? failure : walk_tell_closed(visit, folder, at, fd);
	} else {
		struct statx status = {0};
		int error = walk_meet(visit, folder, fd, &status);

		failure = failure ? failure
				  : walk_batch_put(visit->batch, folder->name, &status, error);
	}
	if (at >= 0)
		walk_tree_unpin(visit->tree, folder->parent);
	return failure;
}

static int walk_go_on(struct walk_visit *visit, struct walk_folder *folder,
		      const struct walk_path *path)
{
	int fd = walk_tree_pin(visit->tree, folder);

	if (fd < 0 && walk_tree_spare(visit->tree, fd)) {
		walk_tree_again(visit->tree, folder);
		return 0;
	}
	if (fd < 0)
		return walk_tell_again(visit, folder, path, fd);
	visit->fd = fd;
	walk_fill(visit, folder);
	return visit->piece.error ? walk_tell_again(visit, folder, path, visit->piece.error) : 0;
}

/* What an entry is; of a link that is followed, what it leads to. */
static int walk_ask(const struct walk_visit *visit, const char *name, struct statx *status,
		    bool *is_link)
{
	int error = status_ask(visit->fd, name, AT_SYMLINK_NOFOLLOW, status);
	struct statx target;

	if (error || !visit->options->is_following || !S_ISLNK(status->stx_mode))
		return error;
	error = status_ask(visit->fd, name, 0, &target);
	if (!error)
		*status = target;
	*is_link = !error;
	return error;
}

/* Tells of an entry, or puts it to the front of `found`, if it is a folder to be entered. */
static int walk_entry(struct walk_visit *visit, struct walk_folder *folder,
		      const struct dirent64 *entry, struct walk_folder **found)
{
	bool is_entered = folder->depth + 1 < visit->options->depth;
	bool is_link = false;
	struct statx status = {0};
	int error = 0;

	if (entry->d_type != DT_DIR || !is_entered)
		error = walk_ask(visit, entry->d_name, &status, &is_link);
	if (is_entered && !error && (entry->d_type == DT_DIR || S_ISDIR(status.stx_mode))) {
		struct walk_folder *below = walk_folder_new(folder, entry->d_name, is_link);

		if (!below)
			return -ENOMEM;
		below->below = *found;
		*found = below;
		return 0;
	}
	return walk_batch_put(visit->batch, entry->d_name, &status, error);
}

/* Of a sorted walk, until the first folder: what is in it comes next. */
static int walk_entries(struct walk_visit *visit, struct walk_folder *folder,
			const struct walk_path *path, struct walk_folder **found)
{
	bool is_sorted = visit->options->is_sorted;
	size_t used = 0;
	int error = walk_batch_run(visit->batch, folder->depth + 1, path->begin, path->end);

	while (!error && used < visit->piece.count && !(is_sorted && *found)) {
		error = io_work_is_aborted(visit->work)
			? -ECANCELED
			: walk_entry(visit, folder, visit->piece.entries[used], found);
		used++;
	}
	if (is_sorted && folder->listing)
		walk_piece_used(&visit->piece, folder->listing, used);
	return error;
}

/* The entries of a folder that is open, and the folders among them onto the stack. */
static int walk_read(struct walk_visit *visit, struct walk_folder *folder,
		     const struct walk_path *path)
{
	struct walk_folder *found = NULL;
	bool is_shared = !visit->options->is_sorted && !visit->piece.is_last;
	int error;

	/* Before its entries are asked for, so that another thread can go on with the next. */
	if (is_shared)
		walk_tree_again(visit->tree, folder);
	error = walk_entries(visit, folder, path, &found);
	if (!is_shared && !visit->piece.is_last)
		walk_tree_again(visit->tree, folder);
	if (error)
		walk_folder_free(found);
	else
		walk_tree_push(visit->tree, found);
	walk_tree_unpin(visit->tree, folder);
	return error;
}

int walk_visit_folder(struct walk_visit *visit, struct walk_folder *folder)
{
	struct walk_path path;
	int failure = walk_batch_path(visit->batch, folder, &path);

	visit->fd = -1;
	visit->piece.count = 0;
	visit->piece.error = 0;
	visit->piece.is_last = true;
	if (!failure && folder->is_begun)
		failure = walk_go_on(visit, folder, &path);
	else if (!failure && folder->parent)
		failure = walk_begin(visit, folder, &path);
	else if (!failure)
		failure = walk_begin_root(visit, folder, &path);
	if (visit->fd >= 0 && !failure)
		failure = walk_read(visit, folder, &path);
	else if (visit->fd >= 0)
		walk_tree_unpin(visit->tree, folder);
	walk_tree_end(visit->tree, folder);
	return failure;
}
