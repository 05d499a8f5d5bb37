/* Writes a log through a buffer. Usage: fixed [LINES] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	size_t lines = first_argument(argc, argv, 300007);
	int log = open("served.log", O_WRONLY | O_CREAT | O_APPEND | O_TRUNC | O_CLOEXEC, 0600);
	FILE *out = fdopen(log, "a");
	static char buffer[65536];

	if (!out || setvbuf(out, buffer, _IOFBF, sizeof(buffer)))
		made_file_fail("served.log");
	for (size_t at = 0; at < lines; at++)
		fprintf(out, "request %08zu served\n", at);
	if (fclose(out))
		made_file_fail("served.log");
	printf("%zu lines\n", lines);
	return 0;
}
