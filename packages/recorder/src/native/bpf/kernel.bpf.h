/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* kernel: the fields of kernel structures that the recorder reads, relocated at load time (CO-RE).
 */
#ifndef CROSSBILL_KERNEL_BPF_H
#define CROSSBILL_KERNEL_BPF_H

/* In this order: the BPF helpers need the types. */
#include <linux/types.h>

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r10, r9, r8, ax, dx, si, di, orig_ax, ip, sp;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 orig_x0;
	__s32 syscallno;
};
#endif

struct list_head {
	struct list_head *next;
};

struct qstr {
	__u32 len;
	const unsigned char *name;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	__u16 i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	long long i_size;
	__u32 i_rdev;
	__u32 i_nlink;
	__u32 i_generation;
};

struct hlist_bl_node {
	struct hlist_bl_node **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct fs_struct {
	struct path pwd;
};

struct file_operations;

struct file {
	const struct file_operations *f_op;
	void *private_data;
	struct inode *f_inode;
	struct path f_path;
	long long f_pos;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct pid_namespace;

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct mm_struct {
	struct file *exe_file;
	unsigned long task_size;
};

struct sigset {
	unsigned long sig[1];
};

struct sigpending {
	struct sigset signal;
};

struct thread_info {
	unsigned long syscall_work; /* since Linux 5.11 (commit b86678cf0f1d) */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int __state;
	void *stack;
	/* int, and one byte from Linux 7.3 on: only an unsigned field may change its size when
	 * relocated. */
	unsigned int on_cpu;
	int pid;
	int tgid;
	struct task_struct *group_leader;
	struct task_struct *real_parent;
	struct pid *thread_pid;
	struct fs_struct *fs;
	struct files_struct *files;
	struct mm_struct *mm;
	struct sigpending pending;
	unsigned int in_iowait : 1;
	unsigned long min_flt, maj_flt, nvcsw, nivcsw;
	char comm[16];
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_flags;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

struct linux_binprm {
	struct file *file;
};

struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr;
	__be32 skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num;
	unsigned short skc_family;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	short type;
	struct sock *sk;
};

struct sockaddr_un {
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct unix_address *addr;
	struct sock *peer;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_ring_ctx {
	struct task_struct *submitter_task;
};

struct io_cqe {
	__s32 res;
};

struct io_kiocb {
	__u8 opcode;
	struct io_cqe cqe;
	struct io_uring_task *tctx;
};

/* Up to Linux 6.12. */
struct io_kiocb___with_task {
	struct task_struct *task;
};

struct perf_event;

struct bpf_perf_event_data_kern {
	struct pt_regs *regs;
};

struct bpf_iter__task {
	struct task_struct *task;
};

#pragma clang attribute pop

/* Not a kernel function but an instruction to the verifier: "read this address as that type" (Linux
 * 6.2, commit a35b9af4ec2c). Declared weak: the portable build never calls it. */
extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

/* A field on the hot path: a plain load where the verifier knows the type, else a helper call. */
#ifdef PORTABLE
#define READ(pointer, field) BPF_CORE_READ(pointer, field)
#else
#define READ(pointer, field) ((pointer)->field)
#endif

#endif
