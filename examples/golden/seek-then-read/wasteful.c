/* Reads records at scattered places: moves the position, then reads. Usage: wasteful [RECORDS] */
#include "../made-file.h"

#define BYTES (16u << 20)

int main(int argc, char **argv)
{
	size_t records = first_argument(argc, argv, 500009);
	int fd = made_file(BYTES);
	uint64_t state = 1;
	uint64_t sum = 0;
	char record[MADE_LINE];

	for (size_t at = 0; at < records; at++) {
		off_t place = (off_t)(next_place(&state, BYTES / MADE_LINE) * MADE_LINE);

		if (lseek(fd, place, SEEK_SET) < 0 ||
		    read(fd, record, sizeof(record)) != sizeof(record))
			made_file_fail("read");
		sum += (unsigned char)record[0];
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
