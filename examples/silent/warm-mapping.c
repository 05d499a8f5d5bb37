/* Adds up a mapped file that is in the page cache, thirty times: faults once, then memory alone. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BYTES = 32 << 20 };

int main(void)
{
	int file = open("mapped", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char *block = calloc(1, 1 << 20);
	if (file < 0 || block == NULL)
		return 1;
	for (int at = 0; at < BYTES; at += 1 << 20)
		if (write(file, block, 1 << 20) != 1 << 20)
			return 1;
	const uint64_t *words = mmap(NULL, BYTES, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
	if (words == MAP_FAILED)
		return 1;
	uint64_t sum = 0;
	for (int pass = 0; pass < 30; pass++) {
		for (long at = 0; at < BYTES / 8; at++)
			sum = sum * 31 + words[at];
	}
	printf("%d\n", sum == 0);
	free(block);
	return unlink("mapped");
}
