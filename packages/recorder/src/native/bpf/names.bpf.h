/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* names: what targets and processes are called, sent once at first sight. */
#ifndef CROSSBILL_NAMES_BPF_H
#define CROSSBILL_NAMES_BPF_H

#include "targets.bpf.h"

#define PATH_COMPONENTS_MAX 64
#define COMPONENT_BYTES 256

/* Messages for user space, one at the first sight of a name. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RING_BYTES);
} messages SEC(".maps");

/* Identities already named; a collision only sends a name twice. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SEEN_MAX);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

/* Messages are put together here and sent in their true length. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct message);
} drafts SEC(".maps");

/* A path is written from its end towards its beginning, so a component never runs over the buffer.
 */
struct path_buffer {
	char bytes[NAME_MAX_BYTES + COMPONENT_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_buffer);
} path_buffers SEC(".maps");

/* One step of walk_path: the name of `dentry`, then its parent, across mount points. */
struct walk {
	struct dentry *dentry;
	struct mount *mount;
	struct path_buffer *buffer;
	__u32 at; /* the path so far begins here */
	bool complete;
};

static long walk_step(__u32 index, struct walk *walk)
{
	struct dentry *dentry = walk->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = walk->mount;
	__u32 length;
	const unsigned char *name;

	(void)index;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		struct mount *above = BPF_CORE_READ(mount, mnt_parent);

		if (above == mount) {
			walk->complete = true;
			return 1;
		}
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = above;
		return 0;
	}
	if (dentry == parent) {
		walk->complete = true;
		return 1;
	}
	length = BPF_CORE_READ(dentry, d_name.len) & (COMPONENT_BYTES - 1);
	if (walk->at < length + 1)
		return 1;
	name = BPF_CORE_READ(dentry, d_name.name);
	walk->at = (walk->at - length) & (NAME_MAX_BYTES - 1);
	bpf_probe_read_kernel(&walk->buffer->bytes[walk->at], length, name);
	walk->at = (walk->at - 1) & (NAME_MAX_BYTES - 1);
	walk->buffer->bytes[walk->at] = '/';
	walk->dentry = parent;
	return 0;
}

/* Unlinked while it is open: its name is taken out of the directory's hash. */
static __always_inline bool is_deleted(struct file *file)
{
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);

	return !BPF_CORE_READ(dentry, d_hash.pprev) && dentry != BPF_CORE_READ(dentry, d_parent);
}

/* Writes the file's path into the message, as the top of its mount namespace sees it. Deleted files
 * keep their last name; sockets, pipes and anonymous inodes have only a name. */
static __always_inline void name_path(struct message *message, struct file *file)
{
	__u32 zero = 0;
	struct path_buffer *buffer = bpf_map_lookup_elem(&path_buffers, &zero);
	struct dentry *dentry = BPF_CORE_READ(file, f_path.dentry);
	struct vfsmount *mnt = BPF_CORE_READ(file, f_path.mnt);
	struct walk walk = {.dentry = dentry, .buffer = buffer, .at = NAME_MAX_BYTES - 1};
	__u32 bytes;

	if (!buffer || !mnt || !dentry) {
		message->flags |= NAME_UNRESOLVED;
		return;
	}
	walk.mount = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
	if (is_deleted(file))
		message->flags |= NAME_DELETED;
	bpf_loop(PATH_COMPONENTS_MAX, walk_step, &walk, 0);
	if (!walk.complete)
		message->flags |= NAME_TRUNCATED;
	else if (walk.at == NAME_MAX_BYTES - 1)
		buffer->bytes[--walk.at] = '/'; /* the root has no component */
	bytes = (NAME_MAX_BYTES - 1 - walk.at) & (NAME_MAX_BYTES - 1);
	bpf_probe_read_kernel(message->name, bytes, &buffer->bytes[walk.at & (NAME_MAX_BYTES - 1)]);
	message->name_bytes = bytes;
}

/* The bare name of what has no path: "[eventfd]", "memfd:name". */
static __always_inline void name_bare(struct message *message, struct file *file)
{
	const unsigned char *name = BPF_CORE_READ(file, f_path.dentry, d_name.name);
	__u32 length = BPF_CORE_READ(file, f_path.dentry, d_name.len) & (COMPONENT_BYTES - 1);

	bpf_probe_read_kernel(message->name, length, name);
	message->name_bytes = length;
}

static __always_inline void name_unix(struct message *message, struct sock *sock)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sock, addr);
	struct sock *peer = BPF_CORE_READ((struct unix_sock *)sock, peer);
	__s32 length;

	if (!address && peer)
		address = BPF_CORE_READ((struct unix_sock *)peer, addr);
	if (!address)
		return;
	length = BPF_CORE_READ(address, len) - 2; /* without sun_family */
	if (length <= 0)
		return;
	if (length > 108)
		length = 108;
	bpf_probe_read_kernel(message->name, length & 127, address->name[0].sun_path);
	message->name_bytes = length & 127;
}

static __always_inline void name_socket(struct message *message, struct file *file)
{
	struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
	struct sock *sock = BPF_CORE_READ(socket, sk);

	if (!sock)
		return;
	message->family = BPF_CORE_READ(sock, __sk_common.skc_family);
	message->protocol = BPF_CORE_READ(sock, sk_protocol);
	message->local_port = BPF_CORE_READ(sock, __sk_common.skc_num);
	message->remote_port = BPF_CORE_READ(sock, __sk_common.skc_dport);
	if (message->family == AF_UNIX) {
		name_unix(message, sock);
	} else if (message->family == AF_INET) {
		BPF_CORE_READ_INTO((__u32 *)message->local_address, sock,
				   __sk_common.skc_rcv_saddr);
		BPF_CORE_READ_INTO((__u32 *)message->remote_address, sock, __sk_common.skc_daddr);
	} else if (message->family == AF_INET6) {
		bpf_core_read(message->local_address, 16, &sock->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(message->remote_address, 16, &sock->__sk_common.skc_v6_daddr);
	}
}

static __always_inline struct message *message_begin(__u32 type, __u64 id)
{
	__u32 zero = 0;
	struct message *message = bpf_map_lookup_elem(&drafts, &zero);

	if (!message)
		return NULL;
	__builtin_memset(message, 0, __builtin_offsetof(struct message, name));
	message->type = type;
	message->id = id;
	return message;
}

/* Wakes the reader only when a quarter of the ring is full; it also looks on its own now and then.
 */
static __always_inline bool message_send(struct message *message)
{
	__u64 waiting = bpf_ringbuf_query(&messages, BPF_RB_AVAIL_DATA);
	__u64 bytes = message->name_bytes & (NAME_MAX_BYTES - 1);

	if (!bpf_ringbuf_output(&messages, message,
				__builtin_offsetof(struct message, name) + bytes,
				waiting > RING_BYTES / 4 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP))
		return true;
	AUDIT(names_lost, 1);
	return false;
}

static __always_inline bool kind_is_socket(__u32 kind)
{
	return kind == KIND_UNIX || kind == KIND_TCP || kind == KIND_UDP || kind == KIND_SOCKET;
}

/* Does the socket have the peer or the path that it is called by? */
static __always_inline bool is_connected(struct file *file)
{
	struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
	struct sock *sock = BPF_CORE_READ(socket, sk);
	struct unix_sock *local = (void *)sock;

	if (!sock)
		return false;
	if (BPF_CORE_READ(sock, __sk_common.skc_family) == AF_UNIX)
		return BPF_CORE_READ(local, addr) || BPF_CORE_READ(local, peer);
	return BPF_CORE_READ(sock, __sk_common.skc_dport);
}

/* Sends the name of a target at first sight, and again when there is more to tell: a file deleted
 * while it is open, a socket that was bound or connected. `seen` holds the identity, and with its
 * lowest bit turned when nothing more is to come. */
__noinline int name_target(__u64 address, __u64 id, __u32 kind)
{
	struct file *file = (struct file *)address;
	__u32 slot = (id >> 20) & (SEEN_MAX - 1);
	__u64 *known = bpf_map_lookup_elem(&seen, &slot);
	bool is_socket = kind_is_socket(kind);
	bool is_last = is_socket ? is_connected(file) : kind == KIND_FILE && is_deleted(file);
	struct message *message;

	if (!known || *known == (id ^ 1) || (*known == id && !is_last && !is_socket))
		return 0;
	message = message_begin(MESSAGE_TARGET, id);
	if (!message)
		return 0;
	message->kind = kind;
	message->file_system = BPF_CORE_READ(file, f_inode, i_sb, s_magic);
	message->inode = BPF_CORE_READ(file, f_inode, i_ino);
	if (kind == KIND_FILE)
		message->size = BPF_CORE_READ(file, f_inode, i_size);
	if (is_socket)
		name_socket(message, file);
	else if (kind == KIND_PIPE || (kind >= KIND_EVENTFD && kind <= KIND_ANONYMOUS))
		name_bare(message, file);
	else
		name_path(message, file);
	if (message_send(message))
		*known = is_last ? id ^ 1 : id;
	return 0;
}

#endif
