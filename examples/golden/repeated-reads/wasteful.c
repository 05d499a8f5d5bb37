/* Looks for letters in a file that it reads from the beginning each time. Usage: wasteful [LETTERS]
 */
#include <string.h>

#include "../made-file.h"

#define BYTES (1u << 20)

static size_t occurrences(const char *text, size_t length, char wanted)
{
	size_t found = 0;

	for (const char *at = text; (at = memchr(at, wanted, (size_t)(text + length - at)));
	     at += 1)
		found++;
	return found;
}

int main(int argc, char **argv)
{
	size_t letters = first_argument(argc, argv, 4999);
	int fd = made_file(BYTES);
	static char piece[65536];
	size_t found = 0;

	for (size_t letter = 0; letter < letters; letter++) {
		ssize_t got;

		for (off_t at = 0; (got = pread(fd, piece, sizeof(piece), at)) > 0; at += got)
			found += occurrences(piece, (size_t)got, 'A' + (char)(letter % 26));
	}
	printf("%zu\n", found);
	return 0;
}
