/* Counts the lines of a file that it reads through a buffer. Usage: fixed [BYTES] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	FILE *in = fdopen(made_file(first_argument(argc, argv, 1000003)), "r");
	static char buffer[65536];
	size_t lines = 0;

	if (!in || setvbuf(in, buffer, _IOFBF, sizeof(buffer)))
		made_file_fail("fdopen");
	for (int byte; (byte = getc(in)) != EOF;)
		lines += byte == '\n';
	printf("%zu lines\n", lines);
	return 0;
}
