/* missing-path-storm, wasteful: looks for each module through the whole search path. [searches] */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MODULES 20
static const char *const folders[] = {"/usr/local/lib", "/usr/lib", "/lib64", "/opt",
				      "/srv",		"/var",	    "/home",  "/tmp"};

int main(int argc, char **argv)
{
	long searches = argc > 1 ? atol(argv[1]) : 50000;
	long found = 0;

	for (long i = 0; i < searches; i++) {
		for (size_t folder = 0; folder < sizeof(folders) / sizeof(*folders); folder++) {
			char path[64];

			snprintf(path, sizeof(path), "%s/module-%ld.so", folders[folder],
				 i % MODULES);
			if (access(path, R_OK) == 0) {
				found++;
				break;
			}
		}
	}
	printf("%ld\n", found);
	return 0;
}
