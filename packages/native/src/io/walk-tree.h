/*
 * walk-tree: the folders of a walk that are not done yet, as a stack, and their descriptors.
 * Threads share it. It holds the folders on the way down and those seen in their pieces that were
 * read last.
 */
#ifndef CROSSBILL_IO_WALK_TREE_H
#define CROSSBILL_IO_WALK_TREE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/walk-listing.h"

struct walk_folder {
	struct walk_folder *parent; /* NULL for the root */
	struct walk_folder *below;  /* the next of a chain: the stack is one */
	/* Among those with a descriptor that nobody uses now, by age. */
	struct walk_folder *older;
	struct walk_folder *newer;
	/* Folders in it, the stack, and whoever visits it. */
	uint32_t users;
	/* Threads that use the descriptor now. */
	uint32_t pins;
	int fd; /* -1: closed */
	uint32_t depth;
	/* Reached by a symbolic link. */
	bool is_link;
	/* Opened once: what follows is known. */
	bool is_begun;
	/* Where reading goes on, when the descriptor had to be closed meanwhile. */
	int64_t position;
	uint64_t device;
	uint64_t inode;
	/* All its names in their order, when that is asked for. */
	struct walk_listing *listing;
	size_t name_length;
	char name[]; /* of the root: its path */
};

struct walk_tree {
	pthread_mutex_t lock;
	/* Something was pushed, or the last visit has ended. */
	pthread_cond_t changed;
	struct walk_folder *top;
	/* Folders that are visited now. */
	unsigned int busy;
	struct walk_folder *oldest;
	struct walk_folder *newest;
	unsigned int open;
	/* Descriptors ran out: from then on one folder is visited at a time. */
	bool is_scarce;
	bool is_closed;
};

/* With the root on the stack. Returns 0 or -ENOMEM. */
int walk_tree_open(struct walk_tree *tree, const char *root);
/* Lets all folders go, at once or when the last visit ends; later visits find none. */
void walk_tree_close(struct walk_tree *tree);
/* The end of it, when no thread uses it any more. */
void walk_tree_destroy(struct walk_tree *tree);

/*
 * Takes the top of the stack to visit it, waiting for visits by other threads that may find more.
 * NULL when there is no more.
 */
struct walk_folder *walk_tree_take(struct walk_tree *tree);
/* Ends a visit; a folder that was not pushed again goes when those in it have gone. */
void walk_tree_end(struct walk_tree *tree, struct walk_folder *folder);
/* Pushes a folder again that is being visited: others may go on with it at once. */
void walk_tree_again(struct walk_tree *tree, struct walk_folder *folder);
/* Pushes a chain of new folders of one parent, its first on top. */
void walk_tree_push(struct walk_tree *tree, struct walk_folder *first);
/* Whether nothing is left, and nothing visited that could find more. */
bool walk_tree_is_done(struct walk_tree *tree);

/* A folder found in `parent`, not pushed yet; NULL without memory. */
struct walk_folder *walk_folder_new(struct walk_folder *parent, const char *name, bool is_link);
/* Frees a chain of them that is not pushed. */
void walk_folder_free(struct walk_folder *first);

/*
 * Opens a folder for the first time, in `at`; when descriptors run out, by closing those of others.
 * Returns it or -errno.
 */
int walk_tree_enter(struct walk_tree *tree, const struct walk_folder *folder, int at);
/* Whether what failed with this error may go when the folder is visited alone: push it again then.
 */
bool walk_tree_spare(struct walk_tree *tree, int error);
/* Gives the folder its descriptor, pinned. */
void walk_tree_adopt(struct walk_tree *tree, struct walk_folder *folder, int fd);
/* Its descriptor, opened again if need be, which stays open until it is unpinned; or -errno. */
int walk_tree_pin(struct walk_tree *tree, struct walk_folder *folder);
void walk_tree_unpin(struct walk_tree *tree, struct walk_folder *folder);

#endif
