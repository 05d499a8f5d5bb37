/* walk-listing: the entries of a folder as the kernel gives them, in pieces or all in order. */
#define _GNU_SOURCE 1
#include "io/walk-listing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* One more entry fits for certain: 19 bytes, 255 of a name and its NUL, aligned. */
#define LARGEST_ENTRY_BYTES 280u
#define LEAST_ENTRY_BYTES 24u

static bool walk_is_dots(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* Puts the entries that lie in `bytes` into the list; returns how many. */
static size_t walk_list(const char *bytes, size_t used, const struct dirent64 **entries)
{
	size_t count = 0;

	for (size_t at = 0; at < used;) {
		const struct dirent64 *entry = (const void *)(bytes + at);

		if (!walk_is_dots(entry->d_name))
			entries[count++] = entry;
		at += entry->d_reclen;
	}
	return count;
}

/* The order in which file systems keep inodes on the disk. */
static int walk_by_inode(const void *left, const void *right)
{
	const struct dirent64 *a = *(const struct dirent64 *const *)left;
	const struct dirent64 *b = *(const struct dirent64 *const *)right;

	return (a->d_ino > b->d_ino) - (a->d_ino < b->d_ino);
}

static int walk_by_name(const void *left, const void *right)
{
	const struct dirent64 *a = *(const struct dirent64 *const *)left;
	const struct dirent64 *b = *(const struct dirent64 *const *)right;

	return strcmp(a->d_name, b->d_name);
}

void walk_piece_read(struct walk_piece *piece, int fd)
{
	size_t used = 0;

	piece->is_last = false;
	piece->error = 0;
	/* Again at once while there is room: most folders then need no second visit. */
	while (!piece->is_last && WALK_PIECE_BYTES - used >= LARGEST_ENTRY_BYTES) {
		ssize_t bytes = getdents64(fd, piece->bytes + used, WALK_PIECE_BYTES - used);

		piece->error = bytes < 0 ? -errno : 0;
		piece->is_last = bytes <= 0;
		used += bytes > 0 ? (size_t)bytes : 0;
	}
	piece->count = walk_list(piece->bytes, used, piece->entries);
	qsort(piece->entries, piece->count, sizeof(piece->entries[0]), walk_by_inode);
}

void walk_piece_take(struct walk_piece *piece, struct walk_listing *listing)
{
	size_t left = listing->count - listing->at;

	piece->count = left < WALK_PIECE_ENTRIES ? left : WALK_PIECE_ENTRIES;
	if (piece->count > 0)
		memcpy(piece->entries, listing->entries + listing->at,
		       piece->count * sizeof(piece->entries[0]));
	piece->error = listing->error;
	listing->error = 0; /* Told with the first piece, once. */
}

void walk_piece_used(struct walk_piece *piece, struct walk_listing *listing, size_t entries)
{
	listing->at += entries;
	piece->is_last = listing->at == listing->count;
}

/* Until the end of the folder, or an error. Returns -ENOMEM, or 0. */
static int walk_listing_fill(struct walk_listing *listing, int fd)
{
	ssize_t bytes = 1;

	while (bytes > 0) {
		if (listing->room - listing->used < LARGEST_ENTRY_BYTES) {
			size_t room = listing->room * 2 + WALK_PIECE_BYTES;
			char *larger = realloc(listing->bytes, room);

			if (!larger)
				return -ENOMEM;
			listing->bytes = larger;
			listing->room = room;
		}
		bytes = getdents64(fd, listing->bytes + listing->used,
				   listing->room - listing->used);
		listing->error = bytes < 0 ? -errno : 0;
		listing->used += bytes > 0 ? (size_t)bytes : 0;
	}
	return 0;
}

struct walk_listing *walk_listing_read(int fd)
{
	struct walk_listing *listing = calloc(1, sizeof(*listing));

	if (!listing || walk_listing_fill(listing, fd) < 0 ||
	    !(listing->entries = malloc((listing->used / LEAST_ENTRY_BYTES + 1) *
					sizeof(listing->entries[0])))) {
		walk_listing_free(listing);
		return NULL;
	}
	listing->count = walk_list(listing->bytes, listing->used, listing->entries);
	qsort(listing->entries, listing->count, sizeof(listing->entries[0]), walk_by_name);
	return listing;
}

void walk_listing_free(struct walk_listing *listing)
{
	if (!listing)
		return;
	free(listing->bytes);
	free(listing->entries);
	free(listing);
}
