/* walk-tree: the folders of a walk that are not done yet, as a stack, and their descriptors. */
#define _GNU_SOURCE 1
#include "io/walk-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Descriptors kept open for a walk; a deeper tree opens those above again when it comes back. */
#define MOST_OPEN 48u

static void walk_lock(struct walk_tree *tree)
{
	pthread_mutex_lock(&tree->lock);
}

static void walk_unlock(struct walk_tree *tree)
{
	pthread_mutex_unlock(&tree->lock);
}

struct walk_folder *walk_folder_new(struct walk_folder *parent, const char *name, bool is_link)
{
	size_t length = strlen(name);
	struct walk_folder *folder = calloc(1, sizeof(*folder) + length + 1);

	if (!folder)
		return NULL;
	folder->parent = parent;
	folder->users = 1;
	folder->fd = -1;
	folder->depth = parent ? parent->depth + 1 : 0;
	folder->is_link = is_link;
	folder->name_length = length;
	memcpy(folder->name, name, length + 1);
	return folder;
}

void walk_folder_free(struct walk_folder *first)
{
	while (first) {
		struct walk_folder *folder = first;

		first = folder->below;
		walk_listing_free(folder->listing);
		free(folder);
	}
}

/* With the lock, or another thread would find descriptors lacking that are about to be free. */
static void walk_close(struct walk_tree *tree, struct walk_folder *folder)
{
	close(folder->fd);
	folder->fd = -1;
	tree->open--;
}

/* With the lock: takes a folder out of those whose descriptor could be closed. */
static void walk_busy(struct walk_tree *tree, struct walk_folder *folder)
{
	if (folder->older)
		folder->older->newer = folder->newer;
	else if (tree->oldest == folder)
		tree->oldest = folder->newer;
	if (folder->newer)
		folder->newer->older = folder->older;
	else if (tree->newest == folder)
		tree->newest = folder->older;
	folder->older = NULL;
	folder->newer = NULL;
}

/* With the lock. The root stays open: all others are found from there. */
static void walk_idle(struct walk_tree *tree, struct walk_folder *folder)
{
	if (!folder->parent || folder->fd < 0)
		return;
	folder->older = tree->newest;
	if (tree->newest)
		tree->newest->newer = folder;
	else
		tree->oldest = folder;
	tree->newest = folder;
}

/* With the lock: closes the descriptor that was not used for longest; false when there is none. */
static bool walk_evict(struct walk_tree *tree)
{
	struct walk_folder *folder = tree->oldest;

	if (!folder)
		return false;
	walk_busy(tree, folder);
	folder->position = lseek(folder->fd, 0, SEEK_CUR);
	walk_close(tree, folder);
	return true;
}

/*
 * With the lock: gives one user up. What nobody uses any more goes to the chain `dead`, to be freed
 * without the lock; the way up is a loop, as trees are deep.
 */
static void walk_give(struct walk_tree *tree, struct walk_folder *folder, struct walk_folder **dead)
{
	while (folder && --folder->users == 0) {
		struct walk_folder *parent = folder->parent;

		walk_busy(tree, folder);
		if (folder->fd >= 0)
			walk_close(tree, folder);
		folder->below = *dead;
		*dead = folder;
		folder = parent;
	}
}

int walk_tree_open(struct walk_tree *tree, const char *root)
{
	*tree = (struct walk_tree){0};
	tree->top = walk_folder_new(NULL, root, true);
	if (!tree->top)
		return -ENOMEM;
	pthread_mutex_init(&tree->lock, NULL); /* Neither fails in any libc of Linux. */
	pthread_cond_init(&tree->changed, NULL);
	return 0;
}

/* With the lock, when nothing is visited: empties the stack. */
static void walk_clear(struct walk_tree *tree, struct walk_folder **dead)
{
	while (tree->top) {
		struct walk_folder *folder = tree->top;

		tree->top = folder->below;
		walk_give(tree, folder, dead);
	}
}

void walk_tree_close(struct walk_tree *tree)
{
	struct walk_folder *dead = NULL;

	walk_lock(tree);
	tree->is_closed = true;
	if (tree->busy == 0)
		walk_clear(tree, &dead);
	walk_unlock(tree);
	walk_folder_free(dead);
}

void walk_tree_destroy(struct walk_tree *tree)
{
	walk_tree_close(tree);
	pthread_cond_destroy(&tree->changed);
	pthread_mutex_destroy(&tree->lock);
}

struct walk_folder *walk_tree_take(struct walk_tree *tree)
{
	struct walk_folder *folder;

	walk_lock(tree);
	while ((!tree->top || tree->is_scarce) && tree->busy > 0)
		pthread_cond_wait(&tree->changed, &tree->lock);
	folder = tree->is_closed ? NULL : tree->top;
	if (folder) {
		tree->top = folder->below;
		folder->below = NULL;
		tree->busy++;
	}
	walk_unlock(tree);
	return folder;
}

void walk_tree_end(struct walk_tree *tree, struct walk_folder *folder)
{
	struct walk_folder *dead = NULL;

	walk_lock(tree);
	tree->busy--;
	walk_give(tree, folder, &dead);
	if (tree->is_closed && tree->busy == 0)
		walk_clear(tree, &dead);
	if (tree->busy == 0)
		pthread_cond_broadcast(&tree->changed);
	walk_unlock(tree);
	walk_folder_free(dead);
}

void walk_tree_again(struct walk_tree *tree, struct walk_folder *folder)
{
	walk_lock(tree);
	folder->users++;
	folder->below = tree->top;
	tree->top = folder;
	pthread_cond_broadcast(&tree->changed);
	walk_unlock(tree);
}

void walk_tree_push(struct walk_tree *tree, struct walk_folder *first)
{
	struct walk_folder *last = first;
	uint32_t count = 1;

	if (!first)
		return;
	for (; last->below; last = last->below)
		count++;
	walk_lock(tree);
	first->parent->users += count;
	last->below = tree->top;
	tree->top = first;
	pthread_cond_broadcast(&tree->changed);
	walk_unlock(tree);
}

bool walk_tree_spare(struct walk_tree *tree, int error)
{
	bool is_helped = false;

	if (error != -EMFILE && error != -ENFILE)
		return false;
	walk_lock(tree);
	is_helped = !tree->is_scarce || tree->busy > 1;
	tree->is_scarce = true;
	walk_unlock(tree);
	return is_helped;
}

bool walk_tree_is_done(struct walk_tree *tree)
{
	bool is_done;

	walk_lock(tree);
	is_done = tree->is_closed || (!tree->top && tree->busy == 0);
	walk_unlock(tree);
	return is_done;
}

/* Closes a descriptor that nobody uses now; false when there is none. */
static bool walk_close_one(struct walk_tree *tree)
{
	bool is_closed;

	walk_lock(tree);
	is_closed = walk_evict(tree);
	walk_unlock(tree);
	return is_closed;
}

/* Retried as long as a shortage of descriptors can be helped. */
static int walk_open_at(struct walk_tree *tree, int at, const char *name, int flags)
{
	for (;;) {
		int fd = openat(at, name, flags | O_DIRECTORY | O_CLOEXEC);
		int error = fd < 0 ? errno : 0;

		if (fd >= 0)
			return fd;
		if (error == EINTR ||
		    ((error == EMFILE || error == ENFILE) && walk_close_one(tree)))
			continue;
		return -error;
	}
}

/* A link that came into the place of a folder is not followed. */
static int walk_link_flags(const struct walk_folder *folder)
{
	return folder->is_link ? 0 : O_NOFOLLOW;
}

int walk_tree_enter(struct walk_tree *tree, const struct walk_folder *folder, int at)
{
	return walk_open_at(tree, at, folder->name, O_RDONLY | walk_link_flags(folder));
}

void walk_tree_adopt(struct walk_tree *tree, struct walk_folder *folder, int fd)
{
	walk_lock(tree);
	if (folder->fd >= 0) {
		close(fd); /* Another thread was faster. */
		if (folder->pins == 0)
			walk_busy(tree, folder);
	} else {
		folder->fd = fd;
		if (++tree->open > MOST_OPEN)
			walk_evict(tree);
	}
	folder->pins++;
	walk_unlock(tree);
}

/* Pins the descriptor if there is one; else -1. */
static int walk_pin_open(struct walk_tree *tree, struct walk_folder *folder)
{
	int fd;

	walk_lock(tree);
	fd = folder->fd;
	if (fd >= 0 && folder->pins++ == 0)
		walk_busy(tree, folder);
	walk_unlock(tree);
	return fd;
}

void walk_tree_unpin(struct walk_tree *tree, struct walk_folder *folder)
{
	walk_lock(tree);
	if (--folder->pins == 0)
		walk_idle(tree, folder);
	walk_unlock(tree);
}

/* From `at`, through `count` folders, the last of which is the first of `way`. */
static int walk_descend(struct walk_tree *tree, int at, struct walk_folder *const *way,
			size_t count)
{
	int fd = at;

	while (count-- > 0) {
		int kind = count > 0 ? O_PATH : O_RDONLY;
		int next = walk_open_at(tree, fd, way[count]->name,
					kind | walk_link_flags(way[count]));

		if (fd != at)
			close(fd);
		if (next < 0)
			return next;
		fd = next;
	}
	return fd;
}

/* The folder by its names, one by one, from the nearest one above that is open. */
static int walk_reopen(struct walk_tree *tree, struct walk_folder *folder)
{
	struct walk_folder *above = folder;
	struct walk_folder **way;
	size_t count = 0;
	int at, fd;

	way = malloc(((size_t)folder->depth + 1) * sizeof(struct walk_folder *));
	if (!way)
		return -ENOMEM;
	do {
		way[count++] = above;
		above = above->parent;
		at = walk_pin_open(tree, above);
	} while (at < 0);
	fd = walk_descend(tree, at, way, count);
	walk_tree_unpin(tree, above);
	free(way);
	return fd;
}

int walk_tree_pin(struct walk_tree *tree, struct walk_folder *folder)
{
	int fd = walk_pin_open(tree, folder);
	struct stat status;
	int error = 0;

	if (fd >= 0)
		return fd;
	fd = walk_reopen(tree, folder);
	if (fd < 0)
		return fd;
	/* Another one of its name is not what was begun. */
	if (fstat(fd, &status) < 0 || status.st_dev != folder->device ||
	    status.st_ino != folder->inode)
		error = -ENOENT;
	else if (lseek(fd, folder->position, SEEK_SET) < 0)
		error = -errno;
	if (error) {
		close(fd);
		return error;
	}
	walk_tree_adopt(tree, folder, fd);
	return folder->fd;
}
