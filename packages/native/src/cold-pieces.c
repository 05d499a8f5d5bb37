/* cold-pieces: pieces of a file that are in the page cache, or on a disk, or on a slow disk. */
#define _GNU_SOURCE 1
#include "cold-pieces.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "block.h"
#include "device-bytes.h"
#include "mechanism.h"

/* Large enough that pieces lie far apart, small enough to be written in a moment. */
#define FILE_BYTES (64u << 20)
#define PAGE_BYTES 4096u
#define FILE_NAME "pieces"
/* A read that waited this long met the throttle; the disk itself takes less. */
#define THROTTLED_NS 2000000
/* So many reads a second can be told from no limit at all: one then takes THROTTLED_NS. */
#define MOST_READS_A_SECOND 500u
/* More than the throttle lets pass together at the highest rate. */
#define MOST_FREE_READS 256u
/* From the throttle to the first timed read: 1 % of what 60 reads at 120 a second take. */
#define LATE_NS 5000000u
#define MOST_MEETINGS 5u
/* A second's reads pass in ten lots. */
#define HALVES_OF_LOTS 20u

static uint64_t cold_draw(struct cold_pieces *cold)
{
	/* Other places in each process: what lies below this kernel has a cache of its own. */
	return pieces_word((uint64_t)getpid() << 32 | cold->draws++);
}

/* Written beside and renamed, so that no half file is ever found. */
static int cold_pieces_make_file(const char *path, uint64_t bytes)
{
	char part[4096];
	int error;
	int fd;

	if (snprintf(part, sizeof(part), "%s.%d", path, (int)getpid()) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	error = pieces_write(fd, bytes);
	/* A page that has not been written back cannot be evicted. */
	if (!error && fsync(fd) < 0)
		error = -errno;
	close(fd);
	if (!error && rename(part, path) < 0)
		error = -errno;
	if (error)
		unlink(part);
	return error;
}

static int cold_pieces_file(struct cold_pieces *cold, const char *folder)
{
	char path[4000];
	struct stat status;
	int error = 0;

	if (snprintf(path, sizeof(path), "%s/" FILE_NAME, folder) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (lstat(path, &status) < 0)
		error = errno == ENOENT ? cold_pieces_make_file(path, cold->file_bytes) : -errno;
	if (error)
		return error;
	cold->pieces.fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (cold->pieces.fd < 0 || fstat(cold->pieces.fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != cold->file_bytes)
		return -EINVAL;
	/* One page asked for is one page read: nothing is read ahead. */
	return -posix_fadvise(cold->pieces.fd, 0, 0, POSIX_FADV_RANDOM);
}

static int cold_pieces_map(struct cold_pieces *cold)
{
	void *mapping = mmap(NULL, cold->file_bytes, PROT_READ, MAP_SHARED, cold->pieces.fd, 0);

	if (mapping == MAP_FAILED)
		return -errno;
	cold->mapping = mapping;
	return 0;
}

int cold_pieces_open(struct cold_pieces *cold, struct parameters *parameters)
{
	static const char *const states[] = {"warm", "cold", "throttled", NULL};
	const char *folder = parameter_text(parameters, "folder", "");
	uint64_t reads = parameter_number(parameters, "reads", 120);
	int error;

	*cold = (struct cold_pieces){.pieces.fd = -1, .throttle.alive = -1};
	cold->file_bytes = FILE_BYTES;
	cold->reads = (unsigned int)reads;
	cold->state = (enum cold_pieces_state)parameter_choice(parameters, "state", states);
	error = pieces_open(&cold->pieces, parameters, PIECES_SHUFFLED);
	if (error)
		return error;
	if (folder[0] != '/' || reads < 1 || reads > MOST_READS_A_SECOND ||
	    cold->pieces.bytes != PAGE_BYTES)
		return -EINVAL;
	error = cold_pieces_file(cold, folder);
	if (!error)
		error = cold_pieces_map(cold);
	if (!error && cold->state == PIECES_THROTTLED)
		error = device_throttle_begin(&cold->throttle, cold->pieces.fd, cold->reads);
	return error;
}

void cold_pieces_close(struct cold_pieces *cold)
{
	device_throttle_end(&cold->throttle);
	if (cold->mapping)
		munmap(cold->mapping, cold->file_bytes);
	pieces_close(&cold->pieces);
}

/* This file's pages alone: nobody else's cache is any business of ours. Of 0 bytes: all. */
static int cold_pieces_evict(const struct cold_pieces *cold, uint64_t offset, uint64_t bytes)
{
	return -posix_fadvise(cold->pieces.fd, (off_t)offset, (off_t)bytes, POSIX_FADV_DONTNEED);
}

/* Whether a piece is in the page cache. Returns 1, 0 or -errno. */
static int cold_pieces_is_cached(const struct cold_pieces *cold, unsigned int index)
{
	unsigned char *page = (unsigned char *)cold->mapping + cold->pieces.offsets[index];
	unsigned char state = 0;

	return mincore(page, PAGE_BYTES, &state) < 0 ? -errno : state & 1;
}

/* How many of the pieces are in the page cache. Returns that or -errno. */
static int cold_pieces_cached(const struct cold_pieces *cold)
{
	int cached = 0;

	for (unsigned int i = 0; i < cold->pieces.count; i++) {
		int is_cached = cold_pieces_is_cached(cold, i);

		if (is_cached < 0)
			return is_cached;
		cached += is_cached;
	}
	return cached;
}

/* Evicts those of the pieces that are in the page cache: few, so it is quick. */
static int cold_pieces_evict_pieces(const struct cold_pieces *cold)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < cold->pieces.count; i++) {
		int is_cached = cold_pieces_is_cached(cold, i);

		error = is_cached > 0 ? cold_pieces_evict(cold, cold->pieces.offsets[i], PAGE_BYTES)
				      : is_cached;
	}
	return error;
}

/* One page in each of as many equal parts of the file, and the parts in random order. */
static void cold_pieces_place(struct cold_pieces *cold)
{
	struct pieces *pieces = &cold->pieces;
	uint64_t part = cold->file_bytes / pieces->count / PAGE_BYTES;

	for (unsigned int i = 0; i < pieces->count; i++)
		pieces->offsets[i] = (i * part + cold_draw(cold) % part) * PAGE_BYTES;
	for (unsigned int left = pieces->count; left > 1; left--) {
		uint64_t *one = &pieces->offsets[cold_draw(cold) % left];
		uint64_t kept = *one;

		*one = pieces->offsets[left - 1];
		pieces->offsets[left - 1] = kept;
	}
}

static int cold_pieces_warm(const struct cold_pieces *cold)
{
	const struct pieces *pieces = &cold->pieces;

	for (unsigned int i = 0; i < pieces->count; i++)
		if (pread(pieces->fd, pieces_buffer(pieces, i), PAGE_BYTES,
			  (off_t)pieces->offsets[i]) != PAGE_BYTES)
			return -EIO;
	return 0;
}

/* Reads any page. Returns the ns it took, or -errno. */
static int64_t cold_pieces_read_any(struct cold_pieces *cold)
{
	unsigned char page[PAGE_BYTES];
	off_t offset = (off_t)(cold_draw(cold) % (cold->file_bytes / PAGE_BYTES) * PAGE_BYTES);
	uint64_t start = block_now_ns();

	if (pread(cold->pieces.fd, page, sizeof(page), offset) != PAGE_BYTES)
		return -EIO;
	return (int64_t)(block_now_ns() - start);
}

/*
 * Reads until the throttle holds one back: else each block would begin with some free reads. As it
 * lets a tenth of a second's reads pass together, the block then begins amid such a lot: at its
 * edge one read more or less would count for the whole lot.
 */
static int cold_pieces_meet_throttle(struct cold_pieces *cold)
{
	int64_t ns = 0;

	for (unsigned int i = 0; i < MOST_FREE_READS && ns >= 0 && ns < THROTTLED_NS; i++)
		ns = cold_pieces_read_any(cold);
	if (ns >= 0 && ns < THROTTLED_NS) {
		mechanism_refused("a throttled disk (its limit holds back no reads of this file "
				  "system)");
		return -EOPNOTSUPP;
	}
	cold->met_ns = block_now_ns();
	for (unsigned int i = 0; i < cold->reads / HALVES_OF_LOTS && ns >= 0; i++)
		ns = cold_pieces_read_any(cold);
	return ns < 0 ? (int)ns : 0;
}

/* Meets the throttle, again when something held this process up on the way from there. */
static int cold_pieces_begin_throttled(struct cold_pieces *cold)
{
	int error = 0;

	for (unsigned int i = 0; !error && i < MOST_MEETINGS; i++) {
		error = cold_pieces_meet_throttle(cold);
		if (!error)
			error = cold_pieces_evict_pieces(cold);
		if (block_now_ns() - cold->met_ns < LATE_NS)
			break;
	}
	return error;
}

int cold_pieces_ready(struct cold_pieces *cold)
{
	int wanted = cold->state == PIECES_WARM ? (int)cold->pieces.count : 0;
	int error = 0;
	int cached;

	/* Resident pages stay where they are: else each block would first wait for a disk. */
	if (cold->state != PIECES_WARM || cold->draws == 0) {
		error = cold_pieces_evict(cold, 0, 0);
		cold_pieces_place(cold);
	}
	pieces_spoil(&cold->pieces);
	if (!error && cold->state == PIECES_WARM)
		error = cold_pieces_warm(cold);
	/* After all that takes time, as its lots do not wait for us. */
	if (!error && cold->state == PIECES_THROTTLED)
		error = cold_pieces_begin_throttled(cold);
	cached = error ? error : cold_pieces_cached(cold);
	if (cached >= 0 && cached != wanted) {
		mechanism_refused("a cold file (this file system keeps its pages in memory)");
		return -EOPNOTSUPP;
	}
	cold->device_bytes_before = device_bytes_read();
	return cached < 0 ? cached : 0;
}

int cold_pieces_done(const struct cold_pieces *cold, struct tally *tally)
{
	tally_count(tally, "deviceBytes", device_bytes_read() - cold->device_bytes_before);
	return pieces_verify(&cold->pieces);
}
