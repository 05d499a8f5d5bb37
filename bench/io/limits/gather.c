/*
 * gather: copies the pieces of a file, back to back, from a mapping whose page tables are filled.
 * The next pieces are fetched into the cache meanwhile, as the best of C would do.
 *
 * Usage: gather FILE RANGES kept|fresh   (RANGES: offset and length of each piece, as doubles;
 * memory that is kept was touched before, fresh memory is allocated within the time)
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "limit.h"

/* Pieces fetched ahead: about what a processor can wait for at a time. */
#define AHEAD 16u

static const unsigned char *gather_map(const char *path, size_t *bytes)
{
	int fd = open(path, O_RDONLY);
	unsigned char *mapped;

	if (fd < 0)
		limit_fail(path);
	*bytes = limit_file_bytes(fd);
	mapped = mmap(NULL, *bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (mapped == MAP_FAILED)
		limit_fail("mmap");
	close(fd);
	return mapped;
}

static void gather(const unsigned char *file, const double *ranges, size_t count,
		   unsigned char *into)
{
	for (size_t piece = 0; piece < count; piece++) {
		size_t bytes = (size_t)ranges[2 * piece + 1];

		if (piece + AHEAD < count)
			__builtin_prefetch(file + (size_t)ranges[2 * (piece + AHEAD)]);
		memcpy(into, file + (size_t)ranges[2 * piece], bytes);
		into += bytes;
	}
}

static unsigned char *gather_memory(size_t bytes)
{
	void *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		limit_fail("mmap");
	return memory;
}

static uint64_t gather_check(const unsigned char *into, const double *ranges, size_t count)
{
	uint64_t sum = 0;

	for (size_t piece = 0; piece < count; piece++) {
		sum += *into;
		into += (size_t)ranges[2 * piece + 1];
	}
	return sum;
}

int main(int argc, char **argv)
{
	size_t file_bytes, ranges_bytes, into_bytes = 0;
	const unsigned char *file;
	unsigned char *into = NULL;
	const double *ranges;
	struct limit began, took;
	size_t count;
	bool is_kept;

	if (argc != 4)
		return EXIT_FAILURE;
	is_kept = strcmp(argv[3], "kept") == 0;
	file = gather_map(argv[1], &file_bytes);
	ranges = (const void *)gather_map(argv[2], &ranges_bytes);
	count = ranges_bytes / (2 * sizeof(double));
	for (size_t piece = 0; piece < count; piece++)
		into_bytes += (size_t)ranges[2 * piece + 1];
	if (is_kept) {
		into = gather_memory(into_bytes);
		gather(file, ranges, count, into);
	}
	began = limit_begin();
	if (!is_kept) {
		into = gather_memory(into_bytes);
		/* Where the machine grants them, a fault for each 2 MiB instead of each 4 KiB. */
		(void)madvise(into, into_bytes, MADV_HUGEPAGE);
	}
	gather(file, ranges, count, into);
	took = limit_stop(began);
	limit_print(took, 1, gather_check(into, ranges, count));
	return EXIT_SUCCESS;
}
