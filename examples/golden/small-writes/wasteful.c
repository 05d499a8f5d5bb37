/* Writes a log, a system call for each line. Usage: wasteful [LINES] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	size_t lines = first_argument(argc, argv, 300007);
	int log = open("served.log", O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
	char line[64];

	for (size_t at = 0; at < lines; at++) {
		int length = snprintf(line, sizeof(line), "request %08zu served\n", at);

		if (write(log, line, (size_t)length) != length)
			made_file_fail("served.log");
	}
	printf("%zu lines\n", lines);
	return 0;
}
