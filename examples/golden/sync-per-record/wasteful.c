/* Makes each record durable by itself. Usage: wasteful [RECORDS] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	size_t records = first_argument(argc, argv, 1009);
	const char *path = "journal";
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char record[128] = "debit 100, credit 100";

	if (fd < 0)
		made_file_fail(path);
	for (size_t at = 0; at < records; at++) {
		if (write(fd, record, sizeof(record)) != sizeof(record) || fdatasync(fd))
			made_file_fail(path);
	}
	printf("%jd bytes\n", (intmax_t)lseek(fd, 0, SEEK_END));
	return unlink(path) ? 1 : 0;
}
