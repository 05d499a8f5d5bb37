/* Counts the lines of a file that it reads byte by byte. Usage: wasteful [BYTES] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	int fd = made_file(first_argument(argc, argv, 1000003));
	size_t lines = 0;
	char byte;

	while (read(fd, &byte, 1) == 1)
		lines += byte == '\n';
	printf("%zu lines\n", lines);
	return 0;
}
