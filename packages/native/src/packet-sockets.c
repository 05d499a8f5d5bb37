/* packet-sockets: a UDP socket at each end of a veth pair, each connected to the other. */
#define _GNU_SOURCE 1
#include "packet-sockets.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

/* "Discard" of RFC 863: in a namespace of our own no one else's. */
#define PORT 9u

static int packet_sockets_one(const struct veth_pair *pair, unsigned int end, int *fd)
{
	struct sockaddr_in ours = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in theirs = ours;
	int error = veth_pair_enter(pair, end);

	if (error)
		return error;
	ours.sin_addr = pair->ends[end].ip;
	theirs.sin_addr = pair->ends[1 - end].ip;
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*fd < 0 || bind(*fd, (const struct sockaddr *)&ours, sizeof(ours)) < 0 ||
	    connect(*fd, (const struct sockaddr *)&theirs, sizeof(theirs)) < 0)
		return -errno;
	return 0;
}

int packet_sockets_open(int fds[2], const struct veth_pair *pair)
{
	int error = 0;

	fds[0] = fds[1] = -1;
	for (unsigned int end = 0; !error && end < 2; end++)
		error = packet_sockets_one(pair, end, &fds[end]);
	for (unsigned int end = 0; error && end < 2; end++) {
		if (fds[end] >= 0)
			close(fds[end]);
		fds[end] = -1;
	}
	return error;
}
