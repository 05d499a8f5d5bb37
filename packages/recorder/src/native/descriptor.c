/* descriptor.c: what a descriptor of a traced thread refers to. */
#define _GNU_SOURCE
#include "descriptor.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file-system.h"
#include "socket-name.h"

/* Sockets are asked for their peer again until they have one, but not for ever. */
#define SOCKET_TRIES_MAX 32
/* Ends of accesses remembered, one a slot; a collision forgets the older one. */
#define POSITIONS 16384
#define DELETED " (deleted)"
#define ANONYMOUS "anon_inode:"
#define MEMFD "/memfd:"

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

/* Empty when it cannot be read: what is longer than PATH_MAX cannot. */
static void link_read(const char *path, struct link *link)
{
	ssize_t n = readlink(path, link->text, sizeof(link->text) - 1);

	link->size = n > 0 ? (size_t)n : 0;
	link->text[link->size] = 0;
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

static enum descriptor_kind descriptor_kind(const struct statx *status, const struct link *link)
{
	switch (status->stx_mode & S_IFMT) {
	case S_IFREG:
		return link_begins(link, MEMFD) ? KIND_MEMFD : KIND_FILE;
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFIFO:
		return link_begins(link, "pipe:[") ? KIND_PIPE : KIND_FIFO;
	case S_IFSOCK:
		return KIND_SOCKET;
	case S_IFCHR:
		return major_is_terminal(status->stx_rdev_major) ? KIND_TERMINAL : KIND_CHAR;
	case S_IFBLK:
		return KIND_BLOCK;
	default:
		return descriptor_anonymous_kind(link);
	}
}

/* Cuts what the kernel adds to the name: how it marks the deleted and the anonymous. */
static void link_trim(struct link *link, enum descriptor_kind kind, bool is_deleted)
{
	const size_t mark = sizeof(DELETED) - 1;
	size_t head = 0;

	/* A file may be called so itself: only with no link left is it the kernel's word. */
	if (is_deleted && link->size > mark &&
	    !memcmp(link->text + link->size - mark, DELETED, mark))
		link->size -= mark;
	if (kind == KIND_MEMFD)
		head = 1;
	else if (link_begins(link, ANONYMOUS))
		head = sizeof(ANONYMOUS) - 1;
	link->size -= head;
	memmove(link->text, link->text + head, link->size);
	link->text[link->size] = 0;
}

/*
 * The name tells files apart, not the inode: its number is reused at once by the next temporary
 * file, and a journal that is made anew for each transaction is one thing to whoever reads a bill.
 */
static uint64_t descriptor_id(const struct statx *status, enum descriptor_kind kind,
			      const struct link *link)
{
	uint64_t hash = descriptor_mix(0, kind);

	hash = descriptor_mix(hash, status->stx_dev_major);
	hash = descriptor_mix(hash, status->stx_dev_minor);
	if (!link->size)
		return descriptor_mix(hash, status->stx_ino);
	for (size_t i = 0; i < link->size; i++)
		hash = descriptor_mix(hash, (unsigned char)link->text[i]);
	return hash;
}

/* Its link is "socket:[number]": what it is and whom it talks to has to be asked. */
static void descriptor_name_socket(struct target *target, pid_t tgid, int fd, uint64_t inode,
				   const struct link *link)
{
	struct socket_name socket;

	if (target->is_final || target->tries == SOCKET_TRIES_MAX)
		return;
	target->tries++;
	if (!target->name)
		target_set_name(target, link->text, link->size);
	if (socket_name_read(tgid, fd, inode, &socket))
		return;
	target->kind = socket.kind;
	target->is_final = socket.is_final;
	if (socket.size)
		target_set_name(target, socket.name, socket.size);
}

static void descriptor_name_file(struct target *target, pid_t tid, const char *path,
				 const struct statx *status, const struct link *link)
{
	if (target->is_final)
		return;
	target->is_final = true;
	target->size = status->stx_size;
	if (link->size)
		target_set_name(target, link->text, link->size);
	if (target->kind == KIND_FILE || target->kind == KIND_DIRECTORY)
		target->file_system =
			file_system_type(tid, path, status->stx_dev_major, status->stx_dev_minor);
}

struct descriptor descriptor_resolve(pid_t tgid, pid_t tid, int fd)
{
	struct descriptor found = {.kind = KIND_UNKNOWN};
	struct statx status;
	struct link link;
	bool is_deleted;
	char path[64];

	if (fd < 0)
		return found;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", tid, fd);
	if (statx(AT_FDCWD, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MODE | STATX_INO | STATX_NLINK | STATX_SIZE, &status))
		return found;
	link_read(path, &link);
	found.kind = descriptor_kind(&status, &link);
	is_deleted = !status.stx_nlink && found.kind <= KIND_DIRECTORY;
	link_trim(&link, found.kind, is_deleted || found.kind == KIND_MEMFD);
	found.target = target_find(descriptor_id(&status, found.kind, &link), found.kind);
	if (!found.target)
		return found;
	found.target->deleted |= is_deleted;
	if (found.kind == KIND_SOCKET)
		descriptor_name_socket(found.target, tgid, fd, status.stx_ino, &link);
	else
		descriptor_name_file(found.target, tid, path, &status, &link);
	found.kind = found.target->kind;
	return found;
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
