/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* targets: what a descriptor refers to: its identity and its kind. */
#ifndef CROSSBILL_TARGETS_BPF_H
#define CROSSBILL_TARGETS_BPF_H

#include "threads.bpf.h"

/* Set in the identity of every target that can have a name. */
#define TARGET_NAMED (1ull << 63)

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define PIPEFS_MAGIC 0x50495045
#define TMPFS_MAGIC 0x01021994

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17

static __always_inline __u64 mix(__u64 value, __u64 more)
{
	value = (value ^ more) * 0x9e3779b97f4a7c15ull; /* 2^64 / golden ratio: Fibonacci hashing */
	return value ^ (value >> 29);
}

/* The open file behind a descriptor of the thread, NULL when there is none. Without bpf_rdonly_cast
 * each step costs a helper call (139 ns in all instead of 14). */
static __always_inline struct file *file_of(const struct thread *thread, __u32 descriptor)
{
#ifdef PORTABLE
	struct task_struct *task = (struct task_struct *)thread->task;
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **slot, *file = NULL;

	if (!table || descriptor >= BPF_CORE_READ(table, max_fds))
		return NULL;
	slot = BPF_CORE_READ(table, fd) + descriptor;
	bpf_probe_read_kernel(&file, sizeof(file), slot);
	return file;
#else
	struct task_struct *task =
		bpf_rdonly_cast((void *)thread->task, bpf_core_type_id_kernel(struct task_struct));
	struct files_struct *files = task->files;
	struct fdtable *table;
	struct list_head *entry;

	if (!files)
		return NULL;
	table = files->fdt;
	if (!table || descriptor >= table->max_fds)
		return NULL;
	entry = bpf_rdonly_cast(table->fd + descriptor, bpf_core_type_id_kernel(struct list_head));
	if (!entry->next)
		return NULL;
	return bpf_rdonly_cast(entry->next, bpf_core_type_id_kernel(struct file));
#endif
}

/* A pointer as a number: through a map, the verifier forgets that it was one and lets us hash it.
 */
static __always_inline __u64 address_of(const void *pointer, struct thread *thread)
{
	*(volatile __u64 *)&thread->scratch = (__u64)pointer;
	return *(volatile __u64 *)&thread->scratch;
}

/* Identity of what is open: device, inode number and generation; anonymous inodes, which share one
 * inode, by their operations. */
static __always_inline __u64 target_of(struct file *file, struct thread *thread)
{
	struct inode *inode = READ(file, f_inode);
	struct super_block *super;
	__u64 id;

	if (!inode)
		return 0;
	super = READ(inode, i_sb);
	id = mix(READ(inode, i_ino), ((__u64)READ(super, s_dev) << 32) | READ(inode, i_generation));
	if (!(READ(inode, i_mode) & S_IFMT))
		id = mix(id, address_of(READ(file, f_op), thread));
	return id | TARGET_NAMED;
}

/* Stands for "some target of this kind" once the table of lines is half full. */
static __always_inline __u64 target_of_kind(__u32 kind)
{
	return kind + 1;
}

static __always_inline __u32 kind_of_socket(struct file *file)
{
	struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
	struct sock *sock = BPF_CORE_READ(socket, sk);
	__u16 family = BPF_CORE_READ(sock, __sk_common.skc_family);
	__u16 protocol = BPF_CORE_READ(sock, sk_protocol);

	if (family == AF_UNIX)
		return KIND_UNIX;
	if (family != AF_INET && family != AF_INET6)
		return KIND_SOCKET;
	return protocol == PROTOCOL_TCP	   ? KIND_TCP
		: protocol == PROTOCOL_UDP ? KIND_UDP
					   : KIND_SOCKET;
}

static __always_inline bool name_begins(const char *name, const char *with, int length)
{
	for (int i = 0; i < length; i++)
		if (name[i] != with[i])
			return false;
	return true;
}

#define NAME_BEGINS(name, with) name_begins(name, with, sizeof(with) - 1)

/* eventfd, epoll and their like have no type bits and carry their kind in their name. */
static __always_inline __u32 kind_of_anonymous(struct file *file)
{
	const unsigned char *kernel_name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	char name[16] = {};

	bpf_probe_read_kernel(name, sizeof(name) - 1, kernel_name);
	if (NAME_BEGINS(name, "[eventfd"))
		return KIND_EVENTFD;
	if (NAME_BEGINS(name, "[timerfd"))
		return KIND_TIMERFD;
	if (NAME_BEGINS(name, "[signalfd"))
		return KIND_SIGNALFD;
	if (NAME_BEGINS(name, "[eventpoll"))
		return KIND_EPOLL;
	if (NAME_BEGINS(name, "[io_uring"))
		return KIND_IO_URING;
	return KIND_ANONYMOUS;
}

static __always_inline __u32 kind_of_regular(struct file *file, __u64 magic)
{
	const unsigned char *kernel_name;
	char name[8] = {};

	if (magic != TMPFS_MAGIC)
		return KIND_FILE;
	kernel_name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel(name, sizeof(name), kernel_name);
	return NAME_BEGINS(name, "memfd:") ? KIND_MEMFD : KIND_FILE;
}

/* Functions that are not static are verified once, on their own, however often they are called:
 * with everything inlined the verifier walks 40 times as many instructions and loading takes a
 * second. They take numbers only, so the open file comes as its address. */
__noinline __u32 kind_of(__u64 address)
{
	struct file *file = (struct file *)address;
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u16 mode = BPF_CORE_READ(inode, i_mode);
	__u64 magic = BPF_CORE_READ(inode, i_sb, s_magic);

	switch (mode & S_IFMT) {
	case S_IFREG:
		return kind_of_regular(file, magic);
	case S_IFDIR:
		return KIND_DIRECTORY;
	case S_IFIFO:
		return magic == PIPEFS_MAGIC ? KIND_PIPE : KIND_FIFO;
	case S_IFSOCK:
		return kind_of_socket(file);
	case S_IFCHR:
		return major_is_terminal(BPF_CORE_READ(inode, i_rdev) >> 20) ? KIND_TERMINAL
									     : KIND_CHAR;
	case S_IFBLK:
		return KIND_BLOCK;
	default:
		return kind_of_anonymous(file);
	}
}

#endif
