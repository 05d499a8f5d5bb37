/* Looks for letters in a file that it keeps in memory. Usage: fixed [LETTERS] */
#include <string.h>
#include <sys/mman.h>

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
	const char *text = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, made_file(BYTES), 0);
	size_t found = 0;

	if (text == MAP_FAILED)
		made_file_fail("mmap");
	for (size_t letter = 0; letter < letters; letter++)
		found += occurrences(text, BYTES, 'A' + (char)(letter % 26));
	printf("%zu\n", found);
	return 0;
}
