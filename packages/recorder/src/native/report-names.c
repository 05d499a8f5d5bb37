// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* report-names: what processes and targets are called, as the kernel side sends it while it
 * records. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "report.h"
#include "socket-family.h"
#include "stream.h"

#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN + 16)

static void report_process(const struct message *message, size_t name_bytes)
{
	stream_begin("process");
	stream_u64("id", message->id);
	stream_u64("pid", message->pid);
	stream_u64("ppid", message->parent_pid);
	stream_bytes("comm", message->comm, strnlen(message->comm, COMM_BYTES));
	if (message->flags & NAME_UNRESOLVED)
		stream_null("exe");
	else
		stream_bytes("exe", message->name, name_bytes);
	stream_bool("compat", message->flags & PROCESS_COMPAT);
	stream_finish();
}

/* "127.0.0.1:80", "[::1]:80". Nothing without a port: after a connect() that was refused an address
 * remains, of which half would be wrong. */
static void format_address(char *text, size_t size, int family, const void *address, unsigned port)
{
	char host[INET6_ADDRSTRLEN] = "";

	text[0] = '\0';
	if (!port)
		return;
	if (inet_ntop(family, address, host, sizeof(host)))
		snprintf(text, size, family == AF_INET ? "%s:%u" : "[%s]:%u", host, port);
}

/* "local > remote" for connections, the local address for listeners, the family and protocol for
 * what has no address, "socket:[inode]" else. */
static void report_peer(const struct message *message, size_t name_bytes)
{
	char local[ADDRESS_TEXT_MAX], remote[ADDRESS_TEXT_MAX], name[2 * ADDRESS_TEXT_MAX + 4];

	if (message->family == AF_UNIX && name_bytes > 0) {
		char path[NAME_MAX_BYTES];

		memcpy(path, message->name, name_bytes);
		if (!path[0]) /* an abstract name: shown with @, as ss and netstat do */
			path[0] = '@';
		else
			name_bytes = strnlen(path, name_bytes);
		stream_bytes("name", path, name_bytes);
		return;
	}
	snprintf(name, sizeof(name), "socket:[%llu]", (unsigned long long)message->inode);
	if (message->family == AF_INET || message->family == AF_INET6) {
		format_address(local, sizeof(local), message->family, message->local_address,
			       message->local_port);
		format_address(remote, sizeof(remote), message->family, message->remote_address,
			       ntohs(message->remote_port));
		if (remote[0])
			snprintf(name, sizeof(name), "%s > %s", local, remote);
		else if (local[0])
			snprintf(name, sizeof(name), "%s", local);
	} else if (message->family != AF_UNIX) {
		socket_family_name(name, sizeof(name), message->family, message->protocol);
	}
	stream_text("name", name);
}

static void report_target(const struct message *message, size_t name_bytes)
{
	char id[20], pipe[40];

	snprintf(id, sizeof(id), "%llx", (unsigned long long)message->id);
	stream_begin("target");
	stream_text("id", id);
	stream_u64("kind", message->kind);
	if (message->flags & NAME_UNRESOLVED) {
		stream_null("name");
	} else if (message->family) {
		report_peer(message, name_bytes);
	} else if (message->kind == KIND_PIPE) {
		snprintf(pipe, sizeof(pipe), "pipe:[%llu]", (unsigned long long)message->inode);
		stream_text("name", pipe);
	} else if (name_bytes == 0) {
		stream_null("name");
	} else {
		stream_bytes("name", message->name, name_bytes);
	}
	stream_u64("fs", message->file_system);
	stream_bool("deleted", message->flags & NAME_DELETED);
	stream_bool("truncated", message->flags & NAME_TRUNCATED);
	if (message->kind == KIND_FILE)
		stream_u64("size", message->size);
	stream_finish();
}

void report_message(const void *raw, size_t bytes)
{
	const struct message *message = raw;
	size_t name_bytes;

	if (bytes < offsetof(struct message, name))
		return;
	name_bytes = bytes - offsetof(struct message, name);
	if (name_bytes > message->name_bytes)
		name_bytes = message->name_bytes;
	if (name_bytes > NAME_MAX_BYTES)
		name_bytes = NAME_MAX_BYTES;
	if (message->type == MESSAGE_PROCESS)
		report_process(message, name_bytes);
	else if (message->type == MESSAGE_TARGET)
		report_target(message, name_bytes);
}
