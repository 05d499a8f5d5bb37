/* pieces: equally large pieces of a file with gaps between them, and where each of them belongs. */
#define _GNU_SOURCE 1
#include "pieces.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mechanism.h"
#include "temporary-file.h"

/* Bounds that keep file and buffers small beside any machine's memory. */
#define MOST_BYTES (1u << 20)
#define MOST_GAP (16u << 20)
#define MOST_RANGE (64u << 20)
#define LINE_BYTES 64u
#define PAGE_BYTES 4096u
#define WORD_BYTES 8u
#define PART_WORDS 8192u

uint64_t pieces_word(uint64_t index)
{
	index += 0x9e3779b97f4a7c15u;
	index = (index ^ (index >> 30)) * 0xbf58476d1ce4e5b9u;
	index = (index ^ (index >> 27)) * 0x94d049bb133111ebu;
	return index ^ (index >> 31);
}

/* Fisher and Yates, from a fixed seed: each process reads in the same order. */
static void pieces_shuffle(struct pieces *pieces)
{
	for (unsigned int left = pieces->count; left > 1; left--) {
		uint64_t *one = &pieces->offsets[pieces_word(left) % left];
		uint64_t kept = *one;

		*one = pieces->offsets[left - 1];
		pieces->offsets[left - 1] = kept;
	}
}

int pieces_open(struct pieces *pieces, struct parameters *parameters, enum pieces_order order)
{
	uint64_t count = parameter_number(parameters, "pieces", 1);
	uint64_t bytes = parameter_number(parameters, "bytes", 64);
	uint64_t gap = parameter_number(parameters, "gap", 4096);
	void *buffers = NULL;

	*pieces = (struct pieces){.fd = -1};
	if (count < 1 || count > PIECES_MOST || bytes < 1 || bytes > MOST_BYTES || gap > MOST_GAP)
		return -EINVAL;
	pieces->count = (unsigned int)count;
	pieces->bytes = (size_t)bytes;
	pieces->gap = gap;
	pieces->range = count * bytes + (count - 1) * gap;
	if (pieces->range > MOST_RANGE)
		return -EINVAL;
	pieces->stride = (pieces->bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
	pieces->offsets = calloc(count, sizeof(*pieces->offsets));
	if (!pieces->offsets || posix_memalign(&buffers, PAGE_BYTES, count * pieces->stride) != 0)
		return -ENOMEM;
	pieces->buffers = buffers;
	memset(buffers, 0, count * pieces->stride); /* No faults while anything is timed. */
	for (unsigned int i = 0; i < pieces->count; i++)
		pieces->offsets[i] = i * (bytes + gap);
	if (order == PIECES_SHUFFLED)
		pieces_shuffle(pieces);
	return 0;
}

void pieces_close(struct pieces *pieces)
{
	if (pieces->fd >= 0)
		close(pieces->fd);
	free(pieces->buffers);
	free(pieces->offsets);
	*pieces = (struct pieces){.fd = -1};
}

static int pieces_write_all(int fd, const void *data, size_t bytes)
{
	const unsigned char *at = data;

	while (bytes > 0) {
		ssize_t wrote = write(fd, at, bytes);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return wrote < 0 ? -errno : -EIO;
		at += wrote;
		bytes -= (size_t)wrote;
	}
	return 0;
}

int pieces_write(int fd, uint64_t bytes)
{
	static uint64_t part[PART_WORDS];
	uint64_t index = 0;

	while (bytes > 0) {
		size_t size = bytes < sizeof(part) ? (size_t)bytes : sizeof(part);
		int error;

		for (unsigned int i = 0; i < PART_WORDS; i++)
			part[i] = pieces_word(index++);
		error = pieces_write_all(fd, part, size);
		if (error)
			return error;
		bytes -= size;
	}
	return 0;
}

int pieces_file(struct pieces *pieces)
{
	int fd = temporary_file_open(0);

	if (fd < 0)
		return fd;
	pieces->fd = fd;
	return pieces_write(fd, pieces->range);
}

void pieces_spoil(const struct pieces *pieces)
{
	for (unsigned int i = 0; i < pieces->count; i++) {
		unsigned char *buffer = pieces_buffer(pieces, i);
		unsigned char *last = buffer + pieces->bytes - 1;

		*buffer = (unsigned char)~*buffer;
		if (last != buffer)
			*last = (unsigned char)~*last;
	}
}

bool pieces_equal(const struct pieces *pieces, const unsigned char *data, uint64_t offset)
{
	size_t done = 0;

	while (done < pieces->bytes) {
		uint64_t word = pieces_word((offset + done) / WORD_BYTES);
		size_t skip = (offset + done) % WORD_BYTES;
		size_t size = WORD_BYTES - skip;

		if (size > pieces->bytes - done)
			size = pieces->bytes - done;
		if (memcmp(data + done, (unsigned char *)&word + skip, size) != 0)
			return false;
		done += size;
	}
	return true;
}

unsigned int pieces_arrived(const struct pieces *pieces)
{
	unsigned int arrived = 0;

	for (unsigned int i = 0; i < pieces->count; i++)
		arrived += pieces_equal(pieces, pieces_buffer(pieces, i), pieces->offsets[i]);
	return arrived;
}

int pieces_verify(const struct pieces *pieces)
{
	if (pieces_arrived(pieces) == pieces->count)
		return 0;
	mechanism_refused("the pieces (other bytes arrived than were asked for)");
	return -EIO;
}
