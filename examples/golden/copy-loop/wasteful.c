/* Copies a file, a page at a time. Usage: wasteful [BYTES] */
#include "../made-file.h"

int main(int argc, char **argv)
{
	int in = made_file(first_argument(argc, argv, 64u << 20));
	int out = open("copy", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	char page[4096];
	size_t copied = 0;
	ssize_t got;

	while ((got = read(in, page, sizeof(page))) > 0) {
		if (write(out, page, (size_t)got) != got)
			made_file_fail("copy");
		copied += (size_t)got;
	}
	printf("%zu bytes\n", copied);
	return got < 0;
}
