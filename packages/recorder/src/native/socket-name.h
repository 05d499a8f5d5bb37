/* socket-name.h: what a socket of another process is connected to. */
#ifndef CROSSBILL_SOCKET_NAME_H
#define CROSSBILL_SOCKET_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "descriptor-kind.h"

/* Two IPv6 addresses or one Unix path, with decoration. */
#define SOCKET_NAME_SIZE 256

struct socket_name {
	enum descriptor_kind kind;
	/* Has a peer, or listens: the name will not change. */
	bool is_final;
	/* 0: none yet. */
	size_t size;
	char name[SOCKET_NAME_SIZE];
};

/*
 * Looks at the socket through a short-lived duplicate (pidfd_getfd, Linux 5.6; the caller traces
 * the process), or where that is forbidden (in some containers) through the tables in /proc.
 * "127.0.0.1:40112 > 127.0.0.1:80", "127.0.0.1:80 (listening)", a Unix path, "@abstract".
 * Returns 0 or -errno.
 */
int socket_name_read(pid_t tgid, int fd, uint64_t inode, struct socket_name *socket);

#endif
