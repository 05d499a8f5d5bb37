/* stat-storm, fixed: what stat said is good for twenty thousand requests. [requests] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define LIFETIME 20000
static const char *const settings[] = {"/etc/passwd", "/etc/group", "/etc/hosts", "/etc/profile"};
#define SETTINGS (sizeof(settings) / sizeof(*settings))

int main(int argc, char **argv)
{
	long requests = argc > 1 ? atol(argv[1]) : 100000;
	unsigned long long answered = 0;
	struct stat known[SETTINGS];

	for (long i = 0; i < requests; i++) {
		for (size_t file = 0; file < SETTINGS; file++) {
			if (i % LIFETIME == 0 && stat(settings[file], &known[file]) < 0)
				known[file].st_size = 0;
			answered += (unsigned long long)known[file].st_size;
		}
	}
	printf("%llu\n", answered);
	return 0;
}
