/* chatty-messages, fixed: sixty-four messages a send. [messages] */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_BYTES 32
#define BATCH 64

static int speak(int socket, long messages)
{
	char batch[BATCH * MESSAGE_BYTES] = {0};

	for (long sent = 0; sent < messages; sent += BATCH) {
		for (long i = 0; i < BATCH; i++)
			snprintf(batch + i * MESSAGE_BYTES, MESSAGE_BYTES, "message %ld", sent + i);
		if (send(socket, batch, sizeof(batch), 0) != sizeof(batch))
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	long messages = argc > 1 ? atol(argv[1]) : 256000;
	unsigned long long letters = 0;
	int ends[2];
	char batch[BATCH * MESSAGE_BYTES] = {0};
	ssize_t got;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return 1;
	pid_t child = fork();
	if (child == 0) {
		close(ends[0]);
		_exit(speak(ends[1], messages));
	}
	close(ends[1]);
	while ((got = recv(ends[0], batch, sizeof(batch), 0)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			letters += (unsigned char)batch[i] > ' ';
	}
	waitpid(child, NULL, 0);
	printf("%llu\n", letters);
	return 0;
}
