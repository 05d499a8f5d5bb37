/* Reads 1 MiB at a time past the page cache: almost all of the time is the disk. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, BLOCKS = 64 };

int main(void)
{
	int file = open("blocks", O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
	char *block = aligned_alloc(4096, BLOCK);
	if (file < 0 || block == NULL)
		return 1;
	memset(block, 'x', BLOCK);
	for (int at = 0; at < BLOCKS; at++)
		if (pwrite(file, block, BLOCK, (off_t)at * BLOCK) != BLOCK)
			return 1;
	for (int pass = 0; pass < 3; pass++) {
		for (int at = 0; at < BLOCKS; at++)
			if (pread(file, block, BLOCK, (off_t)at * BLOCK) != BLOCK)
				return 1;
	}
	puts("192 blocks");
	free(block);
	return unlink("blocks");
}
