/* Reads a file in order, a thousand records at a time. Usage: fixed [RECORDS] */
#include "../made-file.h"

#define BATCH 1024u

int main(int argc, char **argv)
{
	size_t records = first_argument(argc, argv, 400009);
	size_t bytes = records * MADE_LINE;
	int fd = made_file(bytes);
	static char batch[BATCH * MADE_LINE];
	uint64_t sum = 0;

	for (size_t at = 0; at < bytes; at += sizeof(batch)) {
		ssize_t got = pread(fd, batch, sizeof(batch), (off_t)at);

		if (got <= 0)
			made_file_fail("pread");
		for (size_t within = 0; within < (size_t)got; within += MADE_LINE)
			sum += (unsigned char)batch[within];
	}
	printf("%ju\n", (uintmax_t)sum);
	return 0;
}
