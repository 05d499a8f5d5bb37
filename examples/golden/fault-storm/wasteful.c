/* Takes many small blocks for each request and gives all back. Usage: wasteful [REQUESTS] */
#include <string.h>

#include "../made-file.h"

#define BLOCKS 512u
#define BLOCK 65536u

int main(int argc, char **argv)
{
	size_t requests = first_argument(argc, argv, 29);
	static unsigned char *blocks[BLOCKS];
	uint64_t sum = 0;

	for (size_t at = 0; at < requests; at++) {
		for (size_t block = 0; block < BLOCKS; block++) {
			blocks[block] = malloc(BLOCK);
			if (!blocks[block])
				made_file_fail("malloc");
			memset(blocks[block], (int)at, BLOCK);
			sum += blocks[block][at];
		}
		/* With the last of them malloc gives the memory back to the kernel. */
		for (size_t block = 0; block < BLOCKS; block++)
			free(blocks[block]);
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
