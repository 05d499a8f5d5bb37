/* faults.c: takes a known number of page faults: faults memory PAGES | file PATH PAGES | again PATH
 * TIMES */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t page;

/* One minor fault a page. */
static int touch_memory(size_t pages)
{
	char *memory = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);

	if (memory == MAP_FAILED)
		err(1, "memory");
	/* Refused where the kernel has no huge pages. */
	(void)madvise(memory, pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		((volatile char *)memory)[i * page] = 1;
	return 0;
}

/* One major fault a page, where the file is on a disk and not in memory: no page is read ahead. */
static int touch_file(const char *path, size_t pages)
{
	int fd = open(path, O_RDONLY);
	const char *memory;
	char sum = 0;

	if (fd < 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
		err(1, "%s", path);
	memory = mmap(NULL, pages * page, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED || madvise((void *)memory, pages * page, MADV_RANDOM))
		err(1, "%s", path);
	for (size_t i = 0; i < pages; i++)
		sum ^= ((const volatile char *)memory)[i * page];
	return sum;
}

/* One minor fault a time: the page is in memory, and no longer in the mapping. */
static int touch_again(const char *path, size_t times)
{
	int fd = open(path, O_RDONLY);
	char *memory = mmap(NULL, page, PROT_READ, MAP_PRIVATE, fd, 0);
	char sum = 0;

	if (memory == MAP_FAILED)
		err(1, "%s", path);
	for (size_t i = 0; i < times; i++) {
		sum ^= *(const volatile char *)memory;
		if (madvise(memory, page, MADV_DONTNEED))
			err(1, "madvise");
	}
	return sum != 0;
}

int main(int argc, char *argv[])
{
	const char *what = argc > 1 ? argv[1] : "";

	page = (size_t)sysconf(_SC_PAGESIZE);
	if (!strcmp(what, "memory") && argc == 3)
		return touch_memory(strtoul(argv[2], NULL, 10));
	if (!strcmp(what, "file") && argc == 4)
		return touch_file(argv[2], strtoul(argv[3], NULL, 10));
	if (!strcmp(what, "again") && argc == 4)
		return touch_again(argv[2], strtoul(argv[3], NULL, 10));
	return 2;
}
