/* Looks at each page of a file, which it maps once. Usage: fixed [PASSES] */
#include <sys/mman.h>

#include "../made-file.h"

#define PAGE 4096u
#define BYTES (16u << 20)

int main(int argc, char **argv)
{
	size_t passes = first_argument(argc, argv, 997);
	int fd = made_file(BYTES);
	uint64_t sum = 0;
	const char *file = mmap(NULL, BYTES, PROT_READ, MAP_PRIVATE, fd, 0);

	if (file == MAP_FAILED)
		made_file_fail("mmap");
	for (size_t pass = 0; pass < passes; pass++) {
		for (size_t at = 0; at < BYTES; at += PAGE)
			sum += (unsigned char)file[at];
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
