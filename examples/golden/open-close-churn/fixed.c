/* open-close-churn, fixed: the file stays open. [records] */
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
	int fd = open("/etc/profile", O_RDONLY | O_CLOEXEC);

	for (long i = 0; i < records; i++) {
		unsigned char record[RECORD_BYTES] = {0};

		if (fd < 0 || pread(fd, record, sizeof(record), i % RECORDS * RECORD_BYTES) < 0)
			return 1;
		sum += record[0];
	}
	close(fd);
	printf("%llu\n", sum);
	return 0;
}
