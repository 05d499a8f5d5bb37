/* socket-name.c: what a socket of another process is connected to. */
#define _GNU_SOURCE
#include "socket-name.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "socket-family.h"
#include "socket-tables.h"

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
	struct sockaddr_storage storage;
};

/* Appends printf-like text; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void socket_name_append(struct socket_name *socket,
								     const char *format, ...)
{
	size_t room = sizeof(socket->name) - socket->size;
	__builtin_va_list arguments;
	int n;

	__builtin_va_start(arguments, format);
	n = vsnprintf(socket->name + socket->size, room, format, arguments);
	__builtin_va_end(arguments);
	if (n > 0)
		socket->size += (size_t)n < room ? (size_t)n : room - 1;
}

static void socket_name_append_inet(struct socket_name *socket, const union address *address)
{
	char text[INET6_ADDRSTRLEN] = "?";

	if (address->any.sa_family == AF_INET) {
		(void)inet_ntop(AF_INET, &address->in.sin_addr, text, sizeof(text));
		socket_name_append(socket, "%s:%u", text, ntohs(address->in.sin_port));
	} else {
		(void)inet_ntop(AF_INET6, &address->in6.sin6_addr, text, sizeof(text));
		socket_name_append(socket, "[%s]:%u", text, ntohs(address->in6.sin6_port));
	}
}

static int socket_name_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) ? -1 : value;
}

/*
 * A TCP socket whose connect() was refused still tells the port it had, but no address. One that
 * was bound to all addresses looks alike until it listens.
 */
static bool socket_name_is_bound(const union address *local, int fd)
{
	bool is_any = local->any.sa_family == AF_INET
		? local->in.sin_addr.s_addr == htonl(INADDR_ANY)
		: IN6_IS_ADDR_UNSPECIFIED(&local->in6.sin6_addr);

	/* The port is at the same place in both families. */
	if (!local->in.sin_port)
		return false;
	return !is_any || socket_name_option(fd, SO_PROTOCOL) != IPPROTO_TCP ||
		socket_name_option(fd, SO_ACCEPTCONN) > 0;
}

static void socket_name_inet(struct socket_name *socket, int fd)
{
	union address local, remote;
	socklen_t size = sizeof(local);

	memset(&local, 0, sizeof(local));
	memset(&remote, 0, sizeof(remote));
	if (getsockname(fd, &local.any, &size))
		return;
	size = sizeof(remote);
	if (!getpeername(fd, &remote.any, &size)) {
		socket_name_append_inet(socket, &local);
		socket_name_append(socket, " > ");
		socket_name_append_inet(socket, &remote);
		socket->is_final = true;
	} else if (socket_name_is_bound(&local, fd)) {
		socket_name_append_inet(socket, &local);
		if (socket_name_option(fd, SO_ACCEPTCONN) > 0) {
			socket_name_append(socket, " (listening)");
			socket->is_final = true;
		}
	}
}

/* Abstract names begin with a zero byte and may hold any others. */
static void socket_name_take_path(struct socket_name *socket, const struct sockaddr_un *un,
				  socklen_t size)
{
	size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t length = size > head ? size - head : 0;

	if (length > sizeof(un->sun_path))
		length = sizeof(un->sun_path);
	if (length && un->sun_path[0])
		length = strnlen(un->sun_path, length);
	memcpy(socket->name, un->sun_path, length);
	if (length && !socket->name[0])
		socket->name[0] = '@';
	socket->size = length;
}

static void socket_name_unix(struct socket_name *socket, int fd)
{
	union address address;
	socklen_t size = sizeof(address);

	memset(&address, 0, sizeof(address));
	if (!getpeername(fd, &address.any, &size)) {
		socket_name_take_path(socket, &address.un, size);
		socket->is_final = true;
	}
	/* The accepted end carries the server's path itself; a pair has no name at all. */
	size = sizeof(address);
	if (!socket->size && !getsockname(fd, &address.any, &size))
		socket_name_take_path(socket, &address.un, size);
}

static void socket_name_look(struct socket_name *socket, int fd)
{
	int family = socket_name_option(fd, SO_DOMAIN);
	int protocol = socket_name_option(fd, SO_PROTOCOL);

	socket->kind = KIND_SOCKET;
	if (family == AF_UNIX) {
		socket->kind = KIND_UNIX;
		socket_name_unix(socket, fd);
	} else if (family == AF_INET || family == AF_INET6) {
		if (protocol == IPPROTO_TCP)
			socket->kind = KIND_TCP;
		else if (protocol == IPPROTO_UDP)
			socket->kind = KIND_UDP;
		socket_name_inet(socket, fd);
	} else {
		socket_family_name(socket->name, sizeof(socket->name), family, protocol);
		socket->size = strlen(socket->name);
		socket->is_final = true;
	}
}

/* A duplicate of another process's descriptor, or -errno. */
static int socket_name_borrow(pid_t tgid, int fd)
{
	int pidfd = (int)syscall(SYS_pidfd_open, tgid, 0);
	int copy;

	if (pidfd < 0)
		return -errno;
	copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	if (copy < 0)
		copy = -errno;
	close(pidfd);
	return copy;
}

int socket_name_read(pid_t tgid, int fd, uint64_t inode, struct socket_name *socket)
{
	int copy = socket_name_borrow(tgid, fd);

	memset(socket, 0, sizeof(*socket));
	socket->kind = KIND_SOCKET;
	if (copy == -EPERM || copy == -ENOSYS)
		return socket_tables_find(tgid, inode, socket);
	if (copy < 0)
		return copy;
	socket_name_look(socket, copy);
	close(copy);
	return 0;
}
