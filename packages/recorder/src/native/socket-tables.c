/* socket-tables.c: sockets by inode, from the kernel's tables in /proc. */
#define _GNU_SOURCE
#include "socket-tables.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The longest line is that of a Unix socket: its path and 60 characters. */
#define LINE_SIZE 512
/* Machines with more sockets than this in a table do not get theirs named. */
#define LINES_MAX 100000
/* TCP_LISTEN of the kernel's states. */
#define STATE_LISTEN 0x0a

struct socket_table {
	const char *name;
	enum descriptor_kind kind;
	int family;
};

/* "0100007F:0050": the address in words of the machine's own byte order, the port in order. */
static bool socket_tables_format(int family, const char *text, char *out, size_t size)
{
	char address[INET6_ADDRSTRLEN];
	uint32_t words[4] = {0};
	size_t n = family == AF_INET6 ? 4 : 1;
	unsigned int port;

	for (size_t i = 0; i < n; i++)
		if (sscanf(text + 8 * i, "%8" SCNx32, &words[i]) != 1)
			return false;
	if (sscanf(text + 8 * n, ":%4x", &port) != 1)
		return false;
	if (!inet_ntop(family, words, address, sizeof(address)))
		return false;
	(void)snprintf(out, size, family == AF_INET6 ? "[%s]:%u" : "%s:%u", address, port);
	return port != 0;
}

/* One line of tcp, tcp6, udp or udp6; whether it is the socket's. */
static bool socket_tables_read_inet(const struct socket_table *table, const char *line,
				    uint64_t inode, struct socket_name *socket)
{
	char local[40], remote[40], from[64], to[64];
	unsigned int state;
	uint64_t number;
	int n;

	if (sscanf(line, " %*d: %39s %39s %x %*s %*s %*s %*u %*u %" SCNu64, local, remote, &state,
		   &number) != 4 ||
	    number != inode)
		return false;
	if (strlen(local) < 13 || strlen(remote) < 13)
		return false;
	socket->kind = table->kind;
	if (!socket_tables_format(table->family, local, from, sizeof(from)))
		return true;
	if (socket_tables_format(table->family, remote, to, sizeof(to)))
		n = snprintf(socket->name, sizeof(socket->name), "%s > %s", from, to);
	else if (table->kind == KIND_TCP && state == STATE_LISTEN)
		n = snprintf(socket->name, sizeof(socket->name), "%s (listening)", from);
	else
		n = snprintf(socket->name, sizeof(socket->name), "%s", from);
	socket->size = n > 0 ? (size_t)n : 0;
	socket->is_final = strchr(socket->name, ' ') != NULL;
	return true;
}

/* One line of unix: "Num RefCount Protocol Flags Type St Inode Path". */
static bool socket_tables_read_unix(const char *line, uint64_t inode, struct socket_name *socket)
{
	uint64_t number;
	int at = 0;

	if (sscanf(line, "%*s %*s %*s %*s %*s %*s %" SCNu64 "%n", &number, &at) != 1 ||
	    number != inode)
		return false;
	socket->kind = KIND_UNIX;
	socket->size = strcspn(line + at + (line[at] == ' '), "\n");
	if (socket->size > sizeof(socket->name))
		socket->size = sizeof(socket->name);
	memcpy(socket->name, line + at + (line[at] == ' '), socket->size);
	return true;
}

static bool socket_tables_search(const struct socket_table *table, pid_t tgid, uint64_t inode,
				 struct socket_name *socket)
{
	char path[64], line[LINE_SIZE];
	bool found = false;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s", tgid, table->name);
	file = fopen(path, "re");
	if (!file)
		return false;
	for (int i = 0; i < LINES_MAX && !found && fgets(line, sizeof(line), file); i++)
		found = table->kind == KIND_UNIX
			? socket_tables_read_unix(line, inode, socket)
			: socket_tables_read_inet(table, line, inode, socket);
	(void)fclose(file);
	return found;
}

int socket_tables_find(pid_t tgid, uint64_t inode, struct socket_name *socket)
{
	static const struct socket_table tables[] = {
		{"tcp", KIND_TCP, AF_INET},   {"tcp6", KIND_TCP, AF_INET6},
		{"unix", KIND_UNIX, AF_UNIX}, {"udp", KIND_UDP, AF_INET},
		{"udp6", KIND_UDP, AF_INET6},
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (socket_tables_search(&tables[i], tgid, inode, socket))
			return 0;
	return -ENOENT;
}
