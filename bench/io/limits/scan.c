/*
 * scan: maps a file, touches every line of it in place, and unmaps it.
 *
 * Usage: scan FILE plain|populate   (populate: page tables are filled in one go, not fault by
 * fault)
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include "limit.h"

static uint64_t scan(const char *path, int flags)
{
	int fd = open(path, O_RDONLY);
	size_t bytes;
	uint64_t sum;
	void *mapped;

	if (fd < 0)
		limit_fail(path);
	bytes = limit_file_bytes(fd);
	mapped = mmap(NULL, bytes, PROT_READ, MAP_SHARED | flags, fd, 0);
	if (mapped == MAP_FAILED)
		limit_fail("mmap");
	close(fd);
	sum = limit_touch(mapped, bytes);
	munmap(mapped, bytes);
	return sum;
}

int main(int argc, char **argv)
{
	struct limit began;
	uint64_t sum;
	int flags;

	if (argc != 3)
		return EXIT_FAILURE;
	flags = strcmp(argv[2], "populate") == 0 ? MAP_POPULATE : 0;
	scan(argv[1], flags);
	began = limit_begin();
	sum = scan(argv[1], flags);
	limit_print(limit_stop(began), 1, sum);
	return EXIT_SUCCESS;
}
