/* Hands frames to a child through a pipe. Usage: wasteful [FRAMES] */
#include <string.h>
#include <sys/wait.h>

#include "../made-file.h"

#define FRAME 65536u

static uint64_t frames_sum(int in)
{
	static unsigned char frame[FRAME];
	uint64_t sum = 0;
	ssize_t got;

	while ((got = read(in, frame, sizeof(frame))) > 0)
		sum += frame[0] + frame[got - 1];
	return sum;
}

int main(int argc, char **argv)
{
	size_t frames = first_argument(argc, argv, 10007);
	static unsigned char frame[FRAME];
	int ends[2];
	pid_t child;
	int status;

	if (pipe(ends) || (child = fork()) < 0)
		made_file_fail("fork");
	if (child == 0) {
		close(ends[1]);
		return printf("%d\n", frames_sum(ends[0]) > 0) < 0;
	}
	close(ends[0]);
	for (size_t at = 0; at < frames; at++) {
		memset(frame, (int)at + 1, sizeof(frame));
		if (write(ends[1], frame, sizeof(frame)) != sizeof(frame))
			made_file_fail("write");
	}
	close(ends[1]);
	return waitpid(child, &status, 0) != child || status != 0;
}
