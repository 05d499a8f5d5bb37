/* clock-calls, wasteful: asks the kernel for the time by a system call. [readings] */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long readings = argc > 1 ? atol(argv[1]) : 1000000;
	long backwards = 0;
	struct timespec before = {0, 0};

	for (long i = 0; i < readings; i++) {
		struct timespec now;

		if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now) < 0)
			return 1;
		backwards += now.tv_sec < before.tv_sec;
		before = now;
	}
	printf("%ld readings, %ld backwards\n", readings, backwards);
	return 0;
}
