/*
 * channel-socket: how the two ends of a channel meet: a pair of sockets, or a name in the kernel's
 * abstract namespace, which goes with its owner however he ends. Who is another user is refused.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"

#define BACKLOG 128

/* A socket's address, its length, and the name that it is of. */
struct channel_address {
	struct sockaddr_un address;
	socklen_t length;
};

static bool channel_take_name(napi_env env, napi_value value, struct channel_address *to)
{
	char name[IO_PATH_BYTES];
	size_t length;

	if (!io_take_path(env, value, name))
		return false;
	length = strlen(name);
	*to = (struct channel_address){.address.sun_family = AF_UNIX};
	/* Behind a NUL, which makes it abstract, and not ended by one. */
	if (length > sizeof(to->address.sun_path) - 1) {
		napi_throw_range_error(env, "ENAMETOOLONG", "a name is longer than 107 bytes");
		return false;
	}
	memcpy(to->address.sun_path + 1, name, length);
	to->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	return true;
}

static int channel_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Closes the socket, and throws `error`. */
static napi_value channel_abandon(napi_env env, int fd, int error, const char *syscall)
{
	if (fd >= 0)
		close(fd);
	return io_throw(env, error, syscall);
}

/* Whether the process at the other end is the same user's. */
static bool channel_is_own(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
		peer.uid == geteuid();
}

/* channelPair(): the descriptors of two connected sockets, both closed by exec. */
static napi_value channel_pair_js(napi_env env, napi_callback_info info)
{
	napi_value pair, value;
	int fds[2];

	(void)info;
	if (napi_create_array_with_length(env, 2, &pair) != napi_ok)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return io_throw(env, -errno, "socketpair");
	for (uint32_t i = 0; i < 2; i++) {
		value = io_number(env, fds[i]);
		if (!value || napi_set_element(env, pair, i, value) != napi_ok) {
			close(fds[0]);
			close(fds[1]);
			return NULL;
		}
	}
	return pair;
}

/* channelListen(name): the descriptor of a socket that listens; EADDRINUSE when one does already.
 */
static napi_value channel_listen_js(napi_env env, napi_callback_info info)
{
	struct channel_address name;
	napi_value value;
	int fd;

	if (!io_take(env, info, 1, &value) || !channel_take_name(env, value, &name))
		return NULL;
	fd = channel_socket();
	if (fd < 0)
		return io_throw(env, -errno, "socket");
	if (bind(fd, (struct sockaddr *)&name.address, name.length) < 0)
		return channel_abandon(env, fd, -errno, "bind");
	if (listen(fd, BACKLOG) < 0)
		return channel_abandon(env, fd, -errno, "listen");
	return io_number(env, fd);
}

/*
 * channelConnect(name): the descriptor of a socket to who listens. ECONNREFUSED: nobody does;
 * EAGAIN: too many wait already; EACCES: who listens is another user.
 */
static napi_value channel_connect_js(napi_env env, napi_callback_info info)
{
	struct channel_address name;
	napi_value value;
	int fd;

	if (!io_take(env, info, 1, &value) || !channel_take_name(env, value, &name))
		return NULL;
	fd = channel_socket();
	if (fd < 0)
		return io_throw(env, -errno, "socket");
	if (connect(fd, (struct sockaddr *)&name.address, name.length) < 0)
		return channel_abandon(env, fd, -errno, "connect");
	if (!channel_is_own(fd))
		return channel_abandon(env, fd, -EACCES, "connect");
	return io_number(env, fd);
}

/* channelAdmit(listening): the next who waits to be let in, or -1; other users are turned away. */
static napi_value channel_admit_js(napi_env env, napi_callback_info info)
{
	napi_value value;
	int listening;
	int fd;

	if (!io_take(env, info, 1, &value) || !io_take_fd(env, value, &listening))
		return NULL;
	/* Bounded, as more may come all the time. */
	for (unsigned int turn = 0; turn < BACKLOG; turn++) {
		fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd >= 0 && channel_is_own(fd))
			return io_number(env, fd);
		if (fd >= 0)
			close(fd);
		else if (errno != ECONNABORTED && errno != EINTR)
			return errno == EAGAIN ? io_number(env, -1)
					       : io_throw(env, -errno, "accept");
	}
	return io_number(env, -1);
}

IO_FUNCTION("channelPair", channel_pair_js);
IO_FUNCTION("channelListen", channel_listen_js);
IO_FUNCTION("channelConnect", channel_connect_js);
IO_FUNCTION("channelAdmit", channel_admit_js);
