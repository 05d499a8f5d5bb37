/* open-close-churn, wasteful: opens the same file for each record it reads. [records] */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RECORD_BYTES 16
#define RECORDS 32

int main(int argc, char **argv)
{
	long records = argc > 1 ? atol(argv[1]) : 200000;
	unsigned long long sum = 0;

	for (long i = 0; i < records; i++) {
		unsigned char record[RECORD_BYTES] = {0};
		int fd = open("/etc/profile", O_RDONLY | O_CLOEXEC);

		if (fd < 0 || pread(fd, record, sizeof(record), i % RECORDS * RECORD_BYTES) < 0)
			return 1;
		close(fd);
		sum += record[0];
	}
	printf("%llu\n", sum);
	return 0;
}
