/*
 * message-socket: messages between two processes over a pair of sockets. See conversation.
 *
 * kind=stream|seqpacket are Unix sockets, tcp is TCP over the loopback device with TCP_NODELAY. The
 * buffers are the kernel's defaults, except that one packet must fit a seqpacket socket.
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conversation.h"
#include "descriptors-pair.h"

enum kind { KIND_STREAM, KIND_SEQPACKET, KIND_TCP };
static const char *const kinds[] = {"stream", "seqpacket", "tcp", NULL};

/* What a packet takes of the send buffer beside its bytes; generous. */
#define PACKET_ROOM 4096

static int message_socket_set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

/* The kernel doubles what it is told and cuts it to wmem_max: a packet beyond that is refused. */
static int message_socket_fit_packet(const int ends[2], size_t bytes)
{
	for (unsigned int end = 0; end < 2; end++) {
		int room = 0;
		socklen_t length = sizeof(room);

		if (getsockopt(ends[end], SOL_SOCKET, SO_SNDBUF, &room, &length) < 0)
			return -errno;
		if ((size_t)room < bytes + PACKET_ROOM) {
			mechanism_refused("a packet larger than net.core.wmem_default allows");
			return -EMSGSIZE;
		}
	}
	return 0;
}

static int message_socket_connect(int ends[2], int listener)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int error;

	if (bind(listener, (struct sockaddr *)&address, length) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (ends[0] < 0)
		return -errno;
	if (connect(ends[0], (struct sockaddr *)&address, length) < 0)
		goto fail;
	ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (ends[1] < 0)
		goto fail;
	error = message_socket_set(ends[0], IPPROTO_TCP, TCP_NODELAY, 1);
	if (!error)
		error = message_socket_set(ends[1], IPPROTO_TCP, TCP_NODELAY, 1);
	if (!error)
		return 0;
	close(ends[0]);
	close(ends[1]);
	return error;
fail:
	error = -errno;
	close(ends[0]);
	return error;
}

static int message_socket_pair(int ends[2], enum kind kind)
{
	int listener;
	int error;

	if (kind != KIND_TCP) {
		int type = kind == KIND_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;

		return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
	}
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0)
		return -errno;
	error = message_socket_connect(ends, listener);
	if (error)
		mechanism_refused("TCP over the loopback device");
	close(listener);
	return error;
}

static int message_socket_open_channel(void **state, size_t bytes, struct parameters *parameters)
{
	enum kind kind = (enum kind)parameter_choice(parameters, "kind", kinds);
	struct descriptors_pair *self = calloc(1, sizeof(*self));
	int ends[2];
	int error;

	if (!self)
		return -ENOMEM;
	error = message_socket_pair(ends, kind);
	if (error) {
		free(self);
		return error;
	}
	for (unsigned int side = 0; side < 2; side++)
		self->in[side] = self->out[side] = ends[side];
	if (kind == KIND_SEQPACKET)
		error = message_socket_fit_packet(ends, bytes);
	if (error) {
		descriptors_pair_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static const struct channel message_socket_channel = {
	.open = message_socket_open_channel,
	.take_side = descriptors_pair_take_side,
	.send = descriptors_pair_send,
	.receive = descriptors_pair_receive,
	.calls = descriptors_pair_calls,
	.close = descriptors_pair_close,
};

static int message_socket_open(void **state, struct parameters *parameters)
{
	return conversation_open(state, parameters, &message_socket_channel);
}

MECHANISM(message_socket_mechanism) = {
	.name = "message-socket",
	.open = message_socket_open,
	.ready = conversation_ready,
	.run = conversation_run,
	.done = conversation_done,
	.close = conversation_close,
};
