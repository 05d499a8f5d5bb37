/*
 * memory-copy: memcpy of one message into the places of a ring in turn: the one copy that a channel
 * cannot do without.
 *
 * Usage: memory-copy MESSAGE_BYTES RING_BYTES MESSAGES
 */
#include <string.h>

#include "limit.h"

#define PAGE_BYTES 4096u

static uint64_t copy_all(unsigned char *ring, size_t places, const unsigned char *message,
			 size_t bytes, uint64_t messages)
{
	uint64_t sum = 0;

	for (uint64_t at = 0; at < messages; at++) {
		unsigned char *place = ring + (at % places) * bytes;

		memcpy(place, message, bytes);
		sum += place[bytes - 1]; /* Or the copies would be left out as useless. */
	}
	return sum;
}

int main(int argc, char **argv)
{
	unsigned char *ring, *message;
	size_t bytes, ring_bytes;
	struct limit began;
	uint64_t messages, sum;
	void *memory;

	if (argc != 4)
		return EXIT_FAILURE;
	bytes = strtoul(argv[1], NULL, 10);
	ring_bytes = strtoul(argv[2], NULL, 10);
	messages = strtoul(argv[3], NULL, 10);
	if (bytes == 0 || ring_bytes < bytes ||
	    posix_memalign(&memory, PAGE_BYTES, ring_bytes + bytes) != 0)
		return EXIT_FAILURE;
	ring = memory;
	message = ring + ring_bytes;
	memset(ring, 1, ring_bytes + bytes);
	copy_all(ring, ring_bytes / bytes, message, bytes, messages / 10);
	began = limit_begin();
	sum = copy_all(ring, ring_bytes / bytes, message, bytes, messages);
	limit_print(limit_stop(began), messages, sum);
	return EXIT_SUCCESS;
}
