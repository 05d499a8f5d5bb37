/* stat-storm, wasteful: asks for the same few files' times before each request. [requests] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char *const settings[] = {"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/profile"};

int main(int argc, char **argv)
{
	long requests = argc > 1 ? atol(argv[1]) : 100000;
	unsigned long long answered = 0;

	for (long i = 0; i < requests; i++) {
		for (size_t file = 0; file < sizeof(settings) / sizeof(*settings); file++) {
			struct stat found;

			if (stat(settings[file], &found) == 0)
				answered += (unsigned long long)found.st_size;
		}
	}
	printf("%llu\n", answered);
	return 0;
}
