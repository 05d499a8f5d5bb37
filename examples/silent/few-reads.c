/* 907 reads of one byte in a run of a sixth of a second: bad style, and not worth a minute. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t state = 1;
	unsigned sum = 0;
	for (int byte = 0; byte < 907; byte++) {
		unsigned char read_byte = 0;
		if (read(file, &read_byte, 1) != 1)
			return 1;
		sum += read_byte;
		for (int step = 0; step < 120000; step++)
			state = state * 6364136223846793005u + 1442695040888963407u;
	}
	printf("%d\n", (sum > 0) + (state != 0));
	return close(file);
}
