/* file-visits: a file in the page cache and the pieces of it that are used, in an order. */
#define _GNU_SOURCE 1
#include "file-visits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mechanism.h"
#include "page-cache-file.h"

#define MOST_PASSES 4096u
#define MOST_VISITS (1u << 20)
/* Any will do that mixes (Knuth's MMIX); the same order in every process. */
#define RANDOM_FACTOR 6364136223846793005ull
#define RANDOM_STEP 1442695040888963407ull

static const char *const kinds[] = {"disk", "memory", NULL};
static const char *const orders[] = {"sequential", "random", NULL};

static void file_visits_shuffle(struct file_visits *visits)
{
	uint64_t random = 1;

	for (size_t left = visits->count; left > 1; left--) {
		size_t other;
		uint64_t offset = visits->offsets[left - 1];

		random = random * RANDOM_FACTOR + RANDOM_STEP;
		other = (size_t)((random >> 33) % left);
		visits->offsets[left - 1] = visits->offsets[other];
		visits->offsets[other] = offset;
	}
}

/* Every visit must find all its bytes in the page cache, or it would wait for a disk. */
static int file_visits_check_cached(const struct file_visits *visits, uint64_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages = visits->span / page;
	unsigned char *states = malloc(pages);
	void *memory = mmap(NULL, visits->span, PROT_READ, MAP_SHARED, visits->fd, 0);
	uint64_t cached = 0;
	int error = 0;

	if (!states)
		error = -ENOMEM;
	else if (memory == MAP_FAILED || mincore(memory, visits->span, states) < 0)
		error = -errno;
	for (size_t at = 0; at < pages && !error; at++)
		cached += states[at] & 1;
	if (!error && cached * page < bytes) {
		mechanism_refused("the page cache did not keep a new file (no memory?)");
		error = -EIO;
	}
	if (memory != MAP_FAILED)
		munmap(memory, visits->span);
	free(states);
	return error;
}

/* Fills in everything but the file. `step` is a multiple of the words and at least one visit. */
static int file_visits_arrange(struct file_visits *visits, size_t step, bool is_random)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t last_page = UINT64_MAX;

	visits->count = (visits->span - visits->visit) / step + 1;
	if (visits->count > MOST_VISITS)
		return -EINVAL;
	visits->offsets = malloc(visits->count * sizeof(*visits->offsets));
	if (!visits->offsets)
		return -ENOMEM;
	for (size_t at = 0; at < visits->count; at++) {
		uint64_t offset = at * step;
		uint64_t first = offset / page;
		uint64_t last = (offset + visits->visit - 1) / page;

		visits->pages += last - first + (first != last_page);
		last_page = last;
		visits->offsets[at] = offset;
	}
	visits->sum = PAGE_CACHE_FILE_WORD * (visits->visit / sizeof(uint64_t)) * visits->count *
		visits->passes;
	if (is_random)
		file_visits_shuffle(visits);
	return 0;
}

int file_visits_open(struct file_visits *visits, struct parameters *parameters)
{
	struct page_cache_file file = {
		.bytes = parameter_number(parameters, "bytes", 1 << 20),
		.cached = (size_t)parameter_number(parameters, "cached", PAGE_CACHE_FILE_WINDOW),
		.piece = (size_t)parameter_number(parameters, "piece", 65536),
	};
	uint64_t visit = parameter_number(parameters, "visit", file.cached);
	uint64_t step = parameter_number(parameters, "step",
					 file.cached < PAGE_CACHE_FILE_WINDOW ? 65536 : visit);
	unsigned int kind = parameter_choice(parameters, "kind", kinds);
	unsigned int order = parameter_choice(parameters, "order", orders);
	int error = page_cache_file_check(&file);

	*visits = (struct file_visits){
		.fd = -1,
		.passes = parameter_number(parameters, "passes", 1),
	};
	if (error)
		return error;
	visits->span = (size_t)page_cache_file_span(&file);
	visits->visit = (size_t)visit;
	if (visits->passes < 1 || visits->passes > MOST_PASSES)
		return -EINVAL;
	/* Whole words, and nowhere a hole: a visit that met one would not be of cached pages. */
	if (visit < sizeof(uint64_t) || visit % sizeof(uint64_t) || visit > visits->span ||
	    step % sizeof(uint64_t) || step < visit || step > visits->span ||
	    (step == visit && visits->span % step) || /* A rest would be left out. */
	    (file.cached < PAGE_CACHE_FILE_WINDOW &&
	     (visit > file.cached || step % PAGE_CACHE_FILE_WINDOW)))
		return -EINVAL;
	file.is_in_memory = kind == 1;
	error = file_visits_arrange(visits, (size_t)step, order == 1);
	if (!error) {
		visits->fd = page_cache_file_open(&file);
		error = visits->fd < 0 ? visits->fd : file_visits_check_cached(visits, file.bytes);
	}
	if (error)
		file_visits_close(visits);
	return error;
}

void file_visits_close(struct file_visits *visits)
{
	if (visits->fd >= 0)
		close(visits->fd);
	free(visits->offsets);
	visits->fd = -1;
	visits->offsets = NULL;
}
