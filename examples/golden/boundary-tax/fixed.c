/* boundary-tax, fixed: no filter. [calls] */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 1000000;
	long same = 0;
	pid_t parent = getppid();

	for (long i = 0; i < calls; i++)
		same += getppid() == parent;
	printf("%ld\n", same);
	return 0;
}
