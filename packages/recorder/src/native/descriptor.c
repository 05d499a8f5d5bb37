/* descriptor.c: what a descriptor of a traced thread refers to. */
#define _GNU_SOURCE
#include "descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "socket-name.h"

/* Sockets are asked for their peer again until they have one, but not for ever. */
#define SOCKET_TRIES_MAX 32
/* Ends of accesses remembered, one a slot; a collision forgets the older one. */
#define POSITIONS 16384
#define DELETED " (deleted)"
#define ANONYMOUS "anon_inode:"

struct link {
	char text[PATH_MAX];
	size_t size;
};

static struct {
	uint64_t key;
	uint64_t end;
} positions[POSITIONS];

static uint64_t descriptor_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 29;
}

static bool link_begins(const struct link *link, const char *with)
{
	size_t size = strlen(with);

	return link->size >= size && !memcmp(link->text, with, size);
}

static int link_read(const char *path, struct link *link)
{
	ssize_t n = readlink(path, link->text, sizeof(link->text) - 1);

	link->size = n > 0 ? (size_t)n : 0;
	link->text[link->size] = 0;
	return n > 0 ? 0 : -1;
}

/* Majors of the consoles and serial lines, and the range of the pseudo-terminals. */
static bool descriptor_is_terminal(const struct statx *status)
{
	uint32_t major = status->stx_rdev_major;

	return major == 4 || (major == 5 && status->stx_rdev_minor != 2) ||
		(major >= 136 && major <= 143);
}

static enum descriptor_kind descriptor_anonymous_kind(const struct link *link)
{
	static const struct {
		const char *name;
		enum descriptor_kind kind;
	} names[] = {
		{ANONYMOUS "[eventfd]", KIND_EVENTFD},	 {ANONYMOUS "[timerfd]", KIND_TIMERFD},
		{ANONYMOUS "[signalfd]", KIND_SIGNALFD}, {ANONYMOUS "[eventpoll]", KIND_EPOLL},
		{ANONYMOUS "[io_uring]", KIND_IO_URING},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (link_begins(link, names[i].name))
			return names[i].kind;
	return KIND_ANONYMOUS;
}

/* `link` is read where the mode alone does not tell. */
static enum descriptor_kind descriptor_kind(const struct statx *status, const char *path,
					    struct link *link)
{
	switch (status->stx_mode & S_IFMT) {
	case S_IFREG:
		return KIND_FILE;
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFIFO:
		(void)link_read(path, link);
		return link_begins(link, "pipe:[") ? KIND_PIPE : KIND_FIFO;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFCHR:
		return descriptor_is_terminal(status) ? KIND_TERMINAL : KIND_CHAR;
	case S_IFBLK:
		return KIND_BLOCK;
	default:
		(void)link_read(path, link);
		return descriptor_anonymous_kind(link);
	}
}

/* The name of all but sockets, from the link in /proc. */
static void descriptor_name(struct target *target, const char *path, struct link *link)
{
	const size_t mark = sizeof(DELETED) - 1;
	const char *name = link->text;
	size_t size;

	target->is_final = true;
	if (!link->size && link_read(path, link))
		return;
	size = link->size;
	if (link_begins(link, "/memfd:"))
		target->kind = KIND_MEMFD;
	if (size > mark && !memcmp(name + size - mark, DELETED, mark) &&
	    (target->deleted || target->kind == KIND_MEMFD))
		size -= mark;
	if (target->kind == KIND_MEMFD) {
		target->deleted = false;
		name++;
		size--;
	}
	if (link_begins(link, ANONYMOUS)) {
		name += sizeof(ANONYMOUS) - 1;
		size -= sizeof(ANONYMOUS) - 1;
	}
	target_set_name(target, name, size);
	if (target->kind == KIND_FILE || target->kind == KIND_DIRECTORY) {
		struct statfs system;

		if (!statfs(path, &system))
			target->file_system = (uint64_t)system.f_type;
	}
}

static void descriptor_name_socket(struct target *target, pid_t tgid, int fd, const char *path)
{
	struct socket_name socket;
	struct link link;

	target->tries++;
	if (!socket_name_read(tgid, fd, &socket)) {
		target->kind = socket.kind;
		target->is_final = socket.is_final;
		if (socket.size) {
			target_set_name(target, socket.name, socket.size);
			return;
		}
	}
	/* Its number is better than nothing. */
	if (!target->name && !link_read(path, &link))
		target_set_name(target, link.text, link.size);
}

/* Inode numbers are reused; with the time of birth they are not. */
static uint64_t descriptor_id(const struct statx *status, enum descriptor_kind kind,
			      const struct link *link)
{
	uint64_t hash = descriptor_mix(0, kind);

	/* All anonymous descriptors share one inode: their name is what tells them apart. */
	if (!(status->stx_mode & S_IFMT)) {
		for (size_t i = 0; i < link->size; i++)
			hash = descriptor_mix(hash, (unsigned char)link->text[i]);
		return hash;
	}
	hash = descriptor_mix(hash, makedev(status->stx_dev_major, status->stx_dev_minor));
	hash = descriptor_mix(hash, status->stx_ino);
	if (status->stx_mask & STATX_BTIME) {
		hash = descriptor_mix(hash, (uint64_t)status->stx_btime.tv_sec);
		hash = descriptor_mix(hash, status->stx_btime.tv_nsec);
	}
	return hash;
}

struct descriptor descriptor_resolve(pid_t tgid, pid_t tid, int fd)
{
	struct descriptor found = {.kind = KIND_UNKNOWN};
	struct statx status;
	struct link link = {.size = 0};
	char path[64];

	if (fd < 0)
		return found;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MODE | STATX_INO | STATX_NLINK | STATX_BTIME, &status))
		return found;
	found.kind = descriptor_kind(&status, path, &link);
	found.target = target_find(descriptor_id(&status, found.kind, &link), found.kind);
	if (!found.target)
		return found;
	if (found.kind == KIND_FILE && !status.stx_nlink)
		found.target->deleted = found.target->kind != KIND_MEMFD;
	if (found.kind == KIND_SOCKET) {
		if (!found.target->is_final && found.target->tries < SOCKET_TRIES_MAX)
			descriptor_name_socket(found.target, tgid, fd, path);
	} else if (!found.target->is_final) {
		descriptor_name(found.target, path, &link);
	}
	found.kind = found.target->kind;
	return found;
}

bool descriptor_has_position(enum descriptor_kind kind)
{
	return kind == KIND_FILE || kind == KIND_BLOCK || kind == KIND_MEMFD;
}

bool descriptor_is_sequential(pid_t tgid, int fd, const struct target *target, uint64_t offset,
			      uint64_t size)
{
	uint64_t key = descriptor_mix(descriptor_mix(target->id, (uint64_t)tgid), (uint64_t)fd);
	size_t at = key & (POSITIONS - 1);
	uint64_t expected = positions[at].key == key ? positions[at].end : 0;

	positions[at].key = key;
	positions[at].end = offset + size;
	return offset == expected;
}
