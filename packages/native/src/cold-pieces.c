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
#include "mechanism.h"

/* Large enough that pieces lie far apart, small enough to be written in a moment. */
#define FILE_BYTES (64u << 20)
#define PAGE_BYTES 4096u
#define FILE_NAME "pieces"
/* A read that waited this long met the throttle; the disk itself takes less. */
#define THROTTLED_NS 2000000u
/* The throttle lets so much pass at most before it begins: a tenth of a second's worth. */
#define MOST_FREE_READS 256u
#define MOST_READS_A_SECOND 100000u

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
		error = device_throttle_begin(&cold->throttle, cold->pieces.fd,
					      (unsigned int)reads);
	return error;
}

void cold_pieces_close(struct cold_pieces *cold)
{
	device_throttle_end(&cold->throttle);
	if (cold->mapping)
		munmap(cold->mapping, cold->file_bytes);
	pieces_close(&cold->pieces);
}

/* How many of the pieces are in the page cache. Returns that or -errno. */
static int cold_pieces_cached(const struct cold_pieces *cold)
{
	int cached = 0;

	for (unsigned int i = 0; i < cold->pieces.count; i++) {
		unsigned char *page = (unsigned char *)cold->mapping + cold->pieces.offsets[i];
		unsigned char is_cached = 0;

		if (mincore(page, PAGE_BYTES, &is_cached) < 0)
			return -errno;
		cached += is_cached & 1;
	}
	return cached;
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

/* Reads until the throttle holds one back: else each block would begin with some free reads. */
static int cold_pieces_meet_throttle(struct cold_pieces *cold)
{
	unsigned char page[PAGE_BYTES];
	uint64_t pages = cold->file_bytes / PAGE_BYTES;

	for (unsigned int i = 0; i < MOST_FREE_READS; i++) {
		off_t offset = (off_t)(cold_draw(cold) % pages * PAGE_BYTES);
		uint64_t start = block_now_ns();

		if (pread(cold->pieces.fd, page, sizeof(page), offset) != PAGE_BYTES)
			return -EIO;
		if (block_now_ns() - start >= THROTTLED_NS)
			return 0;
	}
	mechanism_refused("a throttled disk (its limit holds back no reads of this file system)");
	return -EOPNOTSUPP;
}

/* Bytes that devices were asked for on behalf of this process; 0 where nobody counts them. */
static uint64_t cold_device_bytes(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	unsigned long long bytes = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "read_bytes: %llu", &bytes) == 1)
			break;
	fclose(file);
	return bytes;
}

int cold_pieces_ready(struct cold_pieces *cold)
{
	int wanted = cold->state == PIECES_WARM ? (int)cold->pieces.count : 0;
	int error = 0;
	int cached;

	/* First, as it reads pages of this file too. */
	if (cold->state == PIECES_THROTTLED)
		error = cold_pieces_meet_throttle(cold);
	/* This file's pages alone: nobody else's cache is any business of ours. */
	if (!error)
		error = -posix_fadvise(cold->pieces.fd, 0, 0, POSIX_FADV_DONTNEED);
	cold_pieces_place(cold);
	if (!error && cold->state == PIECES_WARM)
		error = cold_pieces_warm(cold);
	if (error)
		return error;
	pieces_spoil(&cold->pieces);
	cached = cold_pieces_cached(cold);
	if (cached >= 0 && cached != wanted) {
		mechanism_refused("a cold file (this file system keeps its pages in memory)");
		return -EOPNOTSUPP;
	}
	cold->device_bytes_before = cold_device_bytes();
	return cached < 0 ? cached : 0;
}

int cold_pieces_done(const struct cold_pieces *cold, struct tally *tally)
{
	tally_count(tally, "deviceBytes", cold_device_bytes() - cold->device_bytes_before);
	return pieces_verify(&cold->pieces);
}
