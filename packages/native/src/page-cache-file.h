/* page-cache-file: a nameless file of which some pages are cached, as a mapping meets it. */
#ifndef CROSSBILL_PAGE_CACHE_FILE_H
#define CROSSBILL_PAGE_CACHE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every word of what is written; its sum tells whether all of it was read. */
#define PAGE_CACHE_FILE_WORD 0x5a5a5a5a5a5a5a5aull
/* A window of `cached` pages is at most this long: what Linux maps at one fault by default. */
#define PAGE_CACHE_FILE_WINDOW 65536u

struct page_cache_file {
	/* Bytes that are cached; the file is longer when `cached` is below a window. */
	uint64_t bytes;
	/* Bytes written, and so cached, at the start of every window; the rest are holes. */
	size_t cached;
	/* Bytes a write: file systems that can do so put as much into one folio, up to 2 MiB. */
	size_t piece;
	/* On tmpfs; else where temporary files are. */
	bool is_in_memory;
};

/* Whether sizes fit each other and this machine's pages. Returns 0 or -EINVAL. */
int page_cache_file_check(const struct page_cache_file *file);

/* Bytes from the start of the file to its end, holes included. */
uint64_t page_cache_file_span(const struct page_cache_file *file);

/* Opens such a file, written and cached. Returns fd or -errno. */
int page_cache_file_open(const struct page_cache_file *file);

#endif
