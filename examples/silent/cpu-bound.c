/* Computes for a third of a second and makes hardly a call. */
#include <stdint.h>
#include <stdio.h>

int main(void)
{
	uint64_t state = 88172645463325252u;
	for (long step = 0; step < 150000000; step++) {
		state ^= state << 13; /* xorshift, Marsaglia 2003 */
		state ^= state >> 7;
		state ^= state << 17;
	}
	printf("%llu\n", (unsigned long long)state);
	return 0;
}
