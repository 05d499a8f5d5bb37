/* socket-tables.h: sockets by inode, from the kernel's tables in /proc. */
#ifndef CROSSBILL_SOCKET_TABLES_H
#define CROSSBILL_SOCKET_TABLES_H

#include <stdint.h>

#include "socket-name.h"

/*
 * Looks the socket up in /proc/TGID/net/{tcp,tcp6,udp,udp6,unix}, the tables of the process's own
 * network namespace. They list it only once it is bound or connected, and Unix sockets without
 * their peer. Returns 0 or -ENOENT.
 */
int socket_tables_find(pid_t tgid, uint64_t inode, struct socket_name *socket);

#endif
