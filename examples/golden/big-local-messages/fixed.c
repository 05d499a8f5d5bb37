/* Hands frames to a child in memory that both see. Usage: fixed [FRAMES] */
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../made-file.h"

#define FRAME 65536u
#define PLACES 8u

struct ring {
	sem_t empty;
	sem_t full;
	unsigned char frames[PLACES][FRAME];
};

static uint64_t frames_sum(struct ring *ring, size_t frames)
{
	uint64_t sum = 0;

	for (size_t at = 0; at < frames; at++) {
		sem_wait(&ring->full);
		sum += ring->frames[at % PLACES][0] + ring->frames[at % PLACES][FRAME - 1];
		sem_post(&ring->empty);
	}
	return sum;
}

int main(int argc, char **argv)
{
	size_t frames = first_argument(argc, argv, 10007);
	struct ring *ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child;
	int status;

	if (ring == MAP_FAILED || sem_init(&ring->empty, 1, PLACES) || sem_init(&ring->full, 1, 0))
		made_file_fail("mmap");
	child = fork();
	if (child < 0)
		made_file_fail("fork");
	if (child == 0)
		return printf("%d\n", frames_sum(ring, frames) > 0) < 0;
	for (size_t at = 0; at < frames; at++) {
		sem_wait(&ring->empty);
		memset(ring->frames[at % PLACES], (int)at + 1, FRAME);
		sem_post(&ring->full);
	}
	return waitpid(child, &status, 0) != child || status != 0;
}
