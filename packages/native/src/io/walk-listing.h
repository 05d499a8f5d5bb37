/* walk-listing: the entries of a folder as the kernel gives them, in pieces or all in order. */
#ifndef CROSSBILL_IO_WALK_LISTING_H
#define CROSSBILL_IO_WALK_LISTING_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

/* What getdents64 is asked for: more does not make it cheaper for each entry. */
#define WALK_PIECE_BYTES 32768u
/* Entries take 24 bytes and more: a header of 19, and a name with its NUL, aligned by 8. */
#define WALK_PIECE_ENTRIES (WALK_PIECE_BYTES / 24u)

/* Entries without "." and "..", pointing into `bytes`. */
struct walk_piece {
	char bytes[WALK_PIECE_BYTES] __attribute__((aligned(8)));
	const struct dirent64 *entries[WALK_PIECE_ENTRIES];
	size_t count;
	/* There is no more behind it, at the end or because of an error (-errno). */
	bool is_last;
	int error;
};

/* The whole folder, sorted by the bytes of the names. */
struct walk_listing {
	char *bytes;
	size_t used;
	size_t room;
	const struct dirent64 **entries;
	size_t count;
	/* How many of them were given. */
	size_t at;
	/* What ended the reading early, until it is told: 0 or -errno. */
	int error;
};

/* The next piece of an open folder, in the order of inodes, which is that on the disk. */
void walk_piece_read(struct walk_piece *piece, int fd);
/* The next piece of a listing, which moves on when it is told how many entries were used. */
void walk_piece_take(struct walk_piece *piece, struct walk_listing *listing);
void walk_piece_used(struct walk_piece *piece, struct walk_listing *listing, size_t entries);

/* All of an open folder; NULL without memory. */
struct walk_listing *walk_listing_read(int fd);
void walk_listing_free(struct walk_listing *listing);

#endif
