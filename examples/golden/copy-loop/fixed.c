/* Copies a file inside the kernel. Usage: fixed [BYTES] */
#define _GNU_SOURCE 1
#include "../made-file.h"

int main(int argc, char **argv)
{
	int in = made_file(first_argument(argc, argv, 64u << 20));
	int out = open("copy", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t copied = 0;
	ssize_t got;

	while ((got = copy_file_range(in, NULL, out, NULL, 1u << 30, 0)) > 0)
		copied += (size_t)got;
	printf("%zu bytes\n", copied);
	return got < 0;
}
