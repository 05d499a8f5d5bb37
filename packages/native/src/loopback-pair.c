/* loopback-pair: the two ends of a TCP connection over the loopback device, with TCP_NODELAY. */
#define _GNU_SOURCE 1
#include "loopback-pair.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanism.h"

static int loopback_pair_connect(int ends[2], int listener)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ends[0] < 0 || connect(ends[0], (struct sockaddr *)&address, length) < 0)
		return -errno;
	ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return ends[1] < 0 ? -errno : 0;
}

static int loopback_pair_hurry(const int ends[2])
{
	int on = 1;

	for (unsigned int end = 0; end < 2; end++)
		if (setsockopt(ends[end], IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
			return -errno;
	return 0;
}

int loopback_pair_open(int ends[2])
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	ends[0] = ends[1] = -1;
	if (listener < 0)
		return -errno;
	error = loopback_pair_connect(ends, listener);
	close(listener);
	if (!error)
		error = loopback_pair_hurry(ends);
	if (!error)
		return 0;
	mechanism_refused("TCP over the loopback device");
	for (unsigned int end = 0; end < 2; end++)
		if (ends[end] >= 0)
			close(ends[end]);
	return error;
}
