/* Takes many small blocks for each request and lets malloc keep them. Usage: fixed [REQUESTS] */
#include <malloc.h>
#include <string.h>

#include "../made-file.h"

#define BLOCKS 512u
#define BLOCK 65536u

int main(int argc, char **argv)
{
	size_t requests = first_argument(argc, argv, 29);
	static unsigned char *blocks[BLOCKS];
	uint64_t sum = 0;

	/* Freed memory stays with malloc, for the next request. */
	mallopt(M_TRIM_THRESHOLD, 1 << 30);

	for (size_t at = 0; at < requests; at++) {
		for (size_t block = 0; block < BLOCKS; block++) {
			blocks[block] = malloc(BLOCK);
			if (!blocks[block])
				made_file_fail("malloc");
			memset(blocks[block], (int)at, BLOCK);
			sum += blocks[block][at];
		}
		for (size_t block = 0; block < BLOCKS; block++)
			free(blocks[block]);
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
