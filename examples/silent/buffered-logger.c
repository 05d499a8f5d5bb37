/* A logger as it should be: two million lines through stdio, a write for each 64 KiB. */
#include <stdio.h>

/* Given, because glibc takes a size without a buffer for its own 4 KiB. */
static char buffer[65536];

int main(void)
{
	FILE *log = fopen("log", "w");
	if (log == NULL || setvbuf(log, buffer, _IOFBF, sizeof buffer) != 0)
		return 1;
	for (int line = 0; line < 2000003; line++)
		fprintf(log, "line %d of the log\n", line);
	return fclose(log) != 0 || remove("log") != 0;
}
