/* page-cache-file: a nameless file of which some pages are cached, as a mapping meets it. */
#define _GNU_SOURCE 1
#include "page-cache-file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "temporary-file.h"

/* Small beside any machine's memory, and beyond the caches of most. */
#define MOST_BYTES (256u << 20)
#define MOST_PIECE (2u << 20)

int page_cache_file_check(const struct page_cache_file *file)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (page > PAGE_CACHE_FILE_WINDOW)
		return -EINVAL;
	if (file->cached < page || file->cached > PAGE_CACHE_FILE_WINDOW || file->cached % page)
		return -EINVAL;
	if (file->bytes < page || file->bytes > MOST_BYTES || file->bytes % page ||
	    (file->cached < PAGE_CACHE_FILE_WINDOW && file->bytes % file->cached))
		return -EINVAL;
	if (file->piece < page || file->piece > MOST_PIECE || file->piece % page)
		return -EINVAL;
	return page_cache_file_span(file) <= MOST_BYTES * 16ull ? 0 : -EINVAL;
}

uint64_t page_cache_file_span(const struct page_cache_file *file)
{
	if (file->cached == PAGE_CACHE_FILE_WINDOW)
		return file->bytes;
	return file->bytes / file->cached * PAGE_CACHE_FILE_WINDOW;
}

static int page_cache_file_write(int fd, const void *piece, size_t bytes, uint64_t offset)
{
	while (bytes > 0) {
		ssize_t wrote = pwrite(fd, piece, bytes, (off_t)offset);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		bytes -= (size_t)wrote;
		offset += (uint64_t)wrote;
	}
	return 0;
}

static int page_cache_file_fill(int fd, const struct page_cache_file *file)
{
	uint64_t *piece = malloc(file->piece);
	bool is_whole = file->cached == PAGE_CACHE_FILE_WINDOW;
	uint64_t run = is_whole ? file->bytes : file->cached;
	uint64_t step = is_whole ? file->bytes : PAGE_CACHE_FILE_WINDOW;
	uint64_t span = page_cache_file_span(file);
	int error = 0;

	if (!piece)
		return -ENOMEM;
	for (size_t word = 0; word < file->piece / sizeof(*piece); word++)
		piece[word] = PAGE_CACHE_FILE_WORD;
	for (uint64_t start = 0; start < span && !error; start += step)
		for (uint64_t at = 0; at < run && !error; at += file->piece) {
			uint64_t left = run - at;
			size_t bytes = left < file->piece ? (size_t)left : file->piece;

			error = page_cache_file_write(fd, piece, bytes, start + at);
		}
	if (!error && ftruncate(fd, (off_t)span) < 0)
		error = -errno;
	free(piece);
	return error;
}

int page_cache_file_open(const struct page_cache_file *file)
{
	int fd = file->is_in_memory ? memfd_create("crossbill", MFD_CLOEXEC)
				    : temporary_file_open(0);
	int error;

	if (fd < 0)
		return file->is_in_memory ? -errno : fd;
	error = page_cache_file_fill(fd, file);
	if (error) {
		close(fd);
		return error;
	}
	return fd;
}
