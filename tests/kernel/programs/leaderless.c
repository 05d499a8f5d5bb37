/* leaderless: a process whose first thread has ended; the other one makes CALLS calls of getppid
 * once a byte comes, and ends the process with the status 3. */
#define _GNU_SOURCE
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *call(void *calls)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		err(1, "read");
	for (int i = 0; i < *(int *)calls; i++)
		(void)getppid();
	_exit(3);
}

int main(int argc, char *argv[])
{
	static int calls;
	pthread_t thread;

	if (argc != 2)
		errx(2, "usage: leaderless CALLS");
	calls = atoi(argv[1]);
	if (pthread_create(&thread, NULL, call, &calls))
		errx(1, "no thread");
	pthread_exit(NULL);
}
