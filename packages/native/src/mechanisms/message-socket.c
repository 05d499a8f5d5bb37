/*
 * message-socket: messages between two processes over a pair of sockets. See conversation.
 *
 * kind=stream|seqpacket are Unix sockets, tcp is TCP over the loopback device with TCP_NODELAY. The
 * buffers are the kernel's defaults, except that one packet must fit a seqpacket socket.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conversation.h"
#include "descriptors-pair.h"
#include "loopback-pair.h"

enum kind { KIND_STREAM, KIND_SEQPACKET, KIND_TCP };
static const char *const kinds[] = {"stream", "seqpacket", "tcp", NULL};

/* What a packet takes of the send buffer beside its bytes; generous. */
#define PACKET_ROOM 4096

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

static int message_socket_pair(int ends[2], enum kind kind)
{
	int type = kind == KIND_STREAM ? SOCK_STREAM : SOCK_SEQPACKET;

	if (kind == KIND_TCP)
		return loopback_pair_open(ends);
	return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : 0;
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
