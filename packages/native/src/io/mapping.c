/* mapping: a part of a file as memory that JavaScript holds; it unmaps when nothing uses it more.
 */
#define _GNU_SOURCE 1
#include "io/mapping.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/bus-guard.h"
#include "io/failure.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* since Linux 5.14 */
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1u
#endif
/* Between two looks at the abort word; the lock of the address space is held meanwhile. */
#define POPULATE_STEP_BYTES ((size_t)32 << 20)

void mapping_drop(struct mapping *mapping)
{
	if (--mapping->users > 0)
		return;
	if (mapping->range)
		bus_range_forget(mapping->range);
	if (mapping->pages)
		munmap(mapping->pages, mapping->lead + mapping->length);
	if (!mapping->is_held)
		free(mapping);
	else
		*mapping = (struct mapping){.is_held = true};
}

bool mapping_is_broken(const struct mapping *mapping)
{
	return mapping->range && bus_range_is_broken(mapping->range);
}

/* The whole pages that a stretch of the part lies in. */
static void mapping_pages(const struct mapping *mapping, size_t offset, size_t length,
			  unsigned char **begin, size_t *bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t from = (mapping->lead + offset) & ~(page - 1);

	*begin = mapping->pages + from;
	*bytes = mapping->lead + offset + length - from;
}

void mapping_will_need(const struct mapping *mapping, size_t offset, size_t length)
{
	unsigned char *begin;
	size_t bytes;

	mapping_pages(mapping, offset, length, &begin, &bytes);
	/* A file system without readahead refuses it; then the pages are read when they are
	 * touched. */
	madvise(begin, bytes, MADV_WILLNEED);
}

int mapping_populate(const struct mapping *mapping, size_t offset, size_t length,
		     const struct io_work *work)
{
	unsigned char *begin;
	size_t bytes;

	mapping_pages(mapping, offset, length, &begin, &bytes);
	for (size_t at = 0; at < bytes; at += POPULATE_STEP_BYTES) {
		size_t step = bytes - at < POPULATE_STEP_BYTES ? bytes - at : POPULATE_STEP_BYTES;

		if (io_work_is_aborted(work))
			return -ECANCELED;
		/* MAP_POPULATE and mlock would copy each page of a private mapping; this reads
		 * them. */
		if (madvise(begin + at, step, MADV_POPULATE_READ) == 0)
			continue;
		if (errno == EFAULT) {
			bus_range_note(mapping->range);
			return -IO_TRUNCATED;
		}
		/* An older kernel: the first touch does it. */
		return 0;
	}
	return 0;
}

static void mapping_touch(void *byte)
{
	(void)*(const volatile unsigned char *)byte;
}

int mapping_flush(const struct mapping *mapping, size_t offset, size_t length)
{
	unsigned char *last = mapping->pages + mapping->lead + offset + length - 1;
	unsigned char *begin;
	size_t bytes;

	mapping_pages(mapping, offset, length, &begin, &bytes);
	if (msync(begin, bytes, MS_SYNC) < 0)
		return -errno;
	/* Pages that the file has lost are no error of msync's. A cut takes the last one in any
	 * case. */
	if (bus_guard_run(last, 1, mapping_touch, last))
		return 0;
	bus_range_note(mapping->range);
	return -IO_TRUNCATED;
}

/* How long the part is in the file as it is. Returns 0, -errno or -IO_.... */
static int mapping_measure(int fd, const struct mapping_wish *wish, uint64_t *length)
{
	struct stat status;
	char byte;

	if (fstat(fd, &status) < 0)
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	/* Files of procfs and their like have content, but tell no size. */
	if (!S_ISREG(status.st_mode) || (status.st_size == 0 && pread(fd, &byte, 1, 0) > 0))
		return -IO_NOT_MAPPABLE;
	*length = 0;
	if (wish->offset < (uint64_t)status.st_size)
		*length = (uint64_t)status.st_size - wish->offset;
	if (*length > wish->length)
		*length = wish->length;
	return *length > wish->most ? -IO_TOO_LARGE : 0;
}

/* Hints may be refused, by a kernel without huge pages, say; a wish to lock may not. */
static int mapping_advise(const struct mapping *mapping, unsigned int flags)
{
	size_t bytes = mapping->lead + mapping->length;

	if (flags & MAPPING_SEQUENTIAL)
		madvise(mapping->pages, bytes, MADV_SEQUENTIAL);
	if (flags & MAPPING_RANDOM)
		madvise(mapping->pages, bytes, MADV_RANDOM);
	if (flags & MAPPING_HUGE_PAGES)
		madvise(mapping->pages, bytes, MADV_HUGEPAGE);
	if (flags & MAPPING_LOCK && mlock2(mapping->pages, bytes, MLOCK_ONFAULT) < 0)
		return -errno;
	return 0;
}

/*
 * Writable in any case, as JavaScript knows no read-only memory: a write into a private mapping
 * changes the process's own copy of a page, where one without the right to write would kill it.
 */
static int mapping_map(struct mapping *mapping, int fd, const struct mapping_wish *wish)
{
	const int protection = PROT_READ | PROT_WRITE;
	int sharing = wish->flags & MAPPING_SHARED ? MAP_SHARED : MAP_PRIVATE;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *pages;

	mapping->lead = (size_t)(wish->offset % page);
	pages = mmap(NULL, mapping->lead + mapping->length, protection, sharing | MAP_NORESERVE, fd,
		     (off_t)(wish->offset - mapping->lead));
	if (pages == MAP_FAILED)
		return errno == ENODEV ? -IO_NOT_MAPPABLE : -errno;
	mapping->pages = pages;
	mapping->range = bus_range_watch(pages, mapping->lead + mapping->length, protection);
	return mapping->range ? 0 : -ENOMEM;
}

int mapping_open(int fd, const struct mapping_wish *wish, struct mapping **result,
		 const char **syscall)
{
	struct mapping *mapping = calloc(1, sizeof(*mapping));
	uint64_t length = 0;
	int error;

	*syscall = "mmap";
	if (!mapping)
		return -ENOMEM;
	mapping->users = 1;
	error = mapping_measure(fd, wish, &length);
	mapping->length = (size_t)length;
	if (!error)
		error = bus_guard_install();
	if (!error && length > 0)
		error = mapping_map(mapping, fd, wish);
	if (!error && length > 0) {
		*syscall = "mlock2";
		error = mapping_advise(mapping, wish->flags);
	}
	if (error) {
		mapping_drop(mapping);
		return error;
	}
	*result = mapping;
	return 0;
}
