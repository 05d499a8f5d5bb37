/* readiness-loop, wasteful: takes one ready client at each wake-up. [rounds] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLIENTS 32
#define LETTER_BYTES 16
/* Ready clients taken at one wake-up. */
#define TAKEN 1

/* All clients ask at once, then wait for all answers. */
static int ask(const int *clients, long rounds)
{
	char letter[LETTER_BYTES] = "how do you do?";

	for (long i = 0; i < rounds; i++) {
		for (int c = 0; c < CLIENTS; c++)
			if (write(clients[c], letter, sizeof(letter)) != sizeof(letter))
				return 1;
		for (int c = 0; c < CLIENTS; c++)
			if (read(clients[c], letter, sizeof(letter)) != sizeof(letter))
				return 1;
	}
	return 0;
}

/* Answers until the clients have gone. */
static long echo(int epoll)
{
	struct epoll_event ready[TAKEN];
	long echoed = 0;

	for (int left = CLIENTS; left > 0;) {
		int count = epoll_wait(epoll, ready, TAKEN, -1);

		for (int i = 0; i < count; i++) {
			char letter[LETTER_BYTES];
			ssize_t got = read(ready[i].data.fd, letter, sizeof(letter));

			if (got > 0 && write(ready[i].data.fd, letter, (size_t)got) == got) {
				echoed++;
				continue;
			}
			close(ready[i].data.fd);
			left--;
		}
	}
	return echoed;
}

int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 8000;
	int clients[CLIENTS];
	int served[CLIENTS];
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (int c = 0; c < CLIENTS; c++) {
		int ends[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
			return 1;
		struct epoll_event wanted = {.events = EPOLLIN, .data = {.fd = ends[1]}};
		epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &wanted);
		clients[c] = ends[0];
		served[c] = ends[1];
	}
	pid_t child = fork();
	for (int c = 0; c < CLIENTS; c++)
		close(child == 0 ? served[c] : clients[c]);
	if (child == 0) {
		close(epoll);
		_exit(ask(clients, rounds));
	}
	long echoed = echo(epoll);
	waitpid(child, NULL, 0);
	printf("%ld\n", echoed);
	return 0;
}
