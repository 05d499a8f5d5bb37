/* Reads records at scattered places from a mapping. Usage: fixed [RECORDS] */
#include <string.h>
#include <sys/mman.h>

#include "../made-file.h"

#define BYTES (16u << 20)

int main(int argc, char **argv)
{
	size_t records = first_argument(argc, argv, 500009);
	int fd = made_file(BYTES);
	const char *file = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	uint64_t state = 1;
	uint64_t sum = 0;
	char record[MADE_LINE];

	if (file == MAP_FAILED)
		made_file_fail("mmap");
	for (size_t at = 0; at < records; at++) {
		memcpy(record, file + next_place(&state, BYTES / MADE_LINE) * MADE_LINE,
		       sizeof(record));
		sum += (unsigned char)record[0];
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
