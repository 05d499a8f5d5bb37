/* busy-polling, fixed: asks a hundred times less often whether anybody has called. [steps] */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Steps between two questions. */
#define STEPS 100

/* One step of the work: a few hundred nanoseconds. */
static unsigned long long work(unsigned long long state)
{
	for (int i = 0; i < 200; i++)
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return state;
}

int main(int argc, char **argv)
{
	long steps = argc > 1 ? atol(argv[1]) : 500000;
	unsigned long long state = 1;
	int calls[2];

	if (pipe(calls) < 0)
		return 1;
	for (long i = 0; i < steps; i++) {
		struct pollfd asked = {.fd = calls[0], .events = POLLIN};

		state = work(state);
		if (i % STEPS == 0 && poll(&asked, 1, 0) != 0)
			return 1;
	}
	printf("%llu\n", state);
	return 0;
}
