/* Reads a file in order, a pread for each record. Usage: wasteful [RECORDS] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	size_t records = first_argument(argc, argv, 400009);
	int fd = made_file(records * MADE_LINE);
	uint64_t sum = 0;
	char record[MADE_LINE];

	for (size_t at = 0; at < records; at++) {
		if (pread(fd, record, sizeof(record), (off_t)(at * MADE_LINE)) != sizeof(record))
			made_file_fail("pread");
		sum += (unsigned char)record[0];
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
