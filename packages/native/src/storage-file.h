/*
 * storage-file: a file on a disk, read past the page cache in blocks at random places, `depth` of
 * them at a time. Parameters: folder, depth, bytes (of the file), piece (bytes a read).
 */
#ifndef CROSSBILL_STORAGE_FILE_H
#define CROSSBILL_STORAGE_FILE_H

#include <stdint.h>

#include "parameters.h"

#define STORAGE_DEPTH_MAX 1024u

struct storage_file {
	int fd;
	unsigned int depth;
	uint32_t piece;
	/* Pieces in the file. */
	uint64_t pieces;
	uint64_t random;
	/* One piece for each read in flight; aligned as such reads demand. */
	unsigned char *memory;
	/* Calls into the kernel, of this block. */
	uint64_t calls;
};

/* Returns 0 or -errno; -EINVAL where the file system cannot be read past the page cache. */
int storage_file_open(struct storage_file *file, struct parameters *parameters);
void storage_file_close(struct storage_file *file);

static inline unsigned char *storage_buffer(const struct storage_file *file, unsigned int slot)
{
	return file->memory + (uint64_t)slot * file->piece;
}

/* Where the next read begins (xorshift64, Marsaglia 2003: two reads of one place are rare). */
static inline uint64_t storage_next(struct storage_file *file)
{
	file->random ^= file->random << 13;
	file->random ^= file->random >> 7;
	file->random ^= file->random << 17;
	return file->random % file->pieces * file->piece;
}

#endif
