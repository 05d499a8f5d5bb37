/* socket-family.h: what both recorders call a socket that has neither an address nor a path. */
#ifndef CROSSBILL_SOCKET_FAMILY_H
#define CROSSBILL_SOCKET_FAMILY_H

#include <stdio.h>
#include <sys/socket.h>

/* "netlink protocol 15", "family 17 protocol 3"; at most 40 bytes. */
static inline void socket_family_name(char *text, size_t size, int family, int protocol)
{
	if (family == AF_NETLINK)
		(void)snprintf(text, size, "netlink protocol %d", protocol);
	else
		(void)snprintf(text, size, "family %d protocol %d", family, protocol);
}

#endif
