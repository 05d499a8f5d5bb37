/* byte-reader: reads a file byte by byte, from a function of which the test knows the line. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static long add_up(int file)
{
	unsigned char byte;
	long sum = 0;

	while (read(file, &byte, 1) == 1) /* the call site */
		sum += byte;
	return sum;
}

int main(int count, char **arguments)
{
	int file = count == 2 ? open(arguments[1], O_RDONLY) : -1;

	if (file < 0)
		return EXIT_FAILURE;
	return add_up(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
