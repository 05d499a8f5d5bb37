/* missing-path-storm, fixed: remembers what was not there. [searches] */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MODULES 20
static const char *const folders[] = {"/usr/local/lib", "/usr/lib", "/lib64", "/opt",
				      "/srv",		"/var",	    "/home",  "/tmp"};
#define FOLDERS (sizeof(folders) / sizeof(*folders))

int main(int argc, char **argv)
{
	long searches = argc > 1 ? atol(argv[1]) : 50000;
	long found = 0;
	unsigned char missing[FOLDERS][MODULES] = {0};

	for (long i = 0; i < searches; i++) {
		for (size_t folder = 0; folder < FOLDERS; folder++) {
			char path[64];

			snprintf(path, sizeof(path), "%s/module-%ld.so", folders[folder],
				 i % MODULES);
			if (missing[folder][i % MODULES])
				continue;
			if (access(path, R_OK) == 0) {
				found++;
				break;
			}
			missing[folder][i % MODULES] = 1;
		}
	}
	printf("%ld\n", found);
	return 0;
}
