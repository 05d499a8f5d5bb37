/*
 * read-loop: reads a file in chunks into one warm buffer, and touches every line of it.
 *
 * Usage: read-loop FILE CHUNK_BYTES
 */
#include <fcntl.h>

#include "limit.h"

#define PAGE_BYTES 4096u

static uint64_t read_loop(const char *path, unsigned char *chunk, size_t chunk_bytes)
{
	uint64_t sum = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY);

	if (fd < 0)
		limit_fail(path);
	while ((got = read(fd, chunk, chunk_bytes)) > 0)
		sum += limit_touch(chunk, (size_t)got);
	if (got < 0)
		limit_fail("read");
	close(fd);
	return sum;
}

int main(int argc, char **argv)
{
	size_t chunk_bytes = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct limit began;
	uint64_t sum;
	void *chunk;

	if (chunk_bytes == 0 || posix_memalign(&chunk, PAGE_BYTES, chunk_bytes) != 0)
		return EXIT_FAILURE;
	read_loop(argv[1], chunk, chunk_bytes);
	began = limit_begin();
	sum = read_loop(argv[1], chunk, chunk_bytes);
	limit_print(limit_stop(began), 1, sum);
	return EXIT_SUCCESS;
}
