/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* skel_internal: what a generated light skeleton calls, on top of bpf(2) alone. The names and the
 * structures are those the generator of bpftool 7 expects; having them here is what lets the
 * recorder be built without libbpf. */
#ifndef CROSSBILL_SKEL_INTERNAL_H
#define CROSSBILL_SKEL_INTERNAL_H

#include <errno.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bpf_map_desc {
	int map_fd;	   /* written by the loader program */
	__u32 max_entries; /* read by it: overrides the size compiled in, unless 0 */
	__aligned_u64 initial_value;
};

struct bpf_prog_desc {
	int prog_fd;
};

struct bpf_loader_ctx {
	__u32 sz;
	__u32 flags;
	__u32 log_level;
	__u32 log_size;
	__u64 log_buf;
};

struct bpf_load_and_run_opts {
	struct bpf_loader_ctx *ctx;
	const void *data;
	const void *insns;
	__u32 data_sz;
	__u32 insns_sz;
	const char *errstr;
};

#define SKEL_ATTR_UP_TO(field) \
	(offsetof(union bpf_attr, field) + sizeof(((union bpf_attr *)0)->field))

static inline int skel_bpf(int command, union bpf_attr *attr, size_t size)
{
	long result = syscall(SYS_bpf, command, attr, size);

	return result < 0 ? -errno : (int)result;
}

static inline void *skel_alloc(size_t size)
{
	return calloc(1, size);
}

static inline void skel_free(void *skel)
{
	free(skel);
}

static inline int skel_closenz(int fd)
{
	return fd > 0 ? close(fd) : 0;
}

/* Memory for a map's first contents; after loading, the map itself takes its place. */
static inline void *skel_prep_map_data(const void *value, size_t mapped, size_t size)
{
	void *data = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (data == MAP_FAILED)
		return NULL;
	memcpy(data, value, size);
	return data;
}

static inline void *skel_finalize_map_data(__u64 *initial, size_t mapped, int protection, int fd)
{
	void *data = mmap((void *)(uintptr_t)*initial, mapped, protection, MAP_SHARED | MAP_FIXED,
			  fd, 0);

	return data == MAP_FAILED ? NULL : data;
}

static inline void skel_free_map_data(void *data, __u64 initial, size_t mapped)
{
	(void)initial;
	if (data)
		munmap(data, mapped);
}

static inline int skel_raw_tracepoint_open(const char *name, int prog_fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.name = (uintptr_t)name;
	attr.raw_tracepoint.prog_fd = (__u32)prog_fd;
	return skel_bpf(BPF_RAW_TRACEPOINT_OPEN, &attr, SKEL_ATTR_UP_TO(raw_tracepoint.prog_fd));
}

static inline int skel_link_create(int prog_fd, int target_fd, enum bpf_attach_type type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (__u32)prog_fd;
	attr.link_create.target_fd = (__u32)target_fd;
	attr.link_create.attach_type = type;
	return skel_bpf(BPF_LINK_CREATE, &attr, SKEL_ATTR_UP_TO(link_create.iter_info_len));
}

static inline int skel_loader_map(struct bpf_load_and_run_opts *opts)
{
	union bpf_attr attr;
	__u32 zero = 0;
	int map, error;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	memcpy(attr.map_name, "__loader.map", sizeof("__loader.map"));
	attr.key_size = sizeof(zero);
	attr.value_size = opts->data_sz;
	attr.max_entries = 1;
	map = skel_bpf(BPF_MAP_CREATE, &attr, SKEL_ATTR_UP_TO(map_extra));
	if (map < 0)
		return map;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)map;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)opts->data;
	error = skel_bpf(BPF_MAP_UPDATE_ELEM, &attr, SKEL_ATTR_UP_TO(flags));
	if (error) {
		close(map);
		return error;
	}
	return map;
}

static inline int skel_loader_program(struct bpf_load_and_run_opts *opts, int map)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.insns = (uintptr_t)opts->insns;
	attr.insn_cnt = opts->insns_sz / (__u32)sizeof(struct bpf_insn);
	attr.license = (uintptr_t) "Dual BSD/GPL";
	memcpy(attr.prog_name, "__loader.prog", sizeof("__loader.prog"));
	attr.fd_array = (uintptr_t)&map;
	attr.log_level = opts->ctx->log_level;
	attr.log_size = opts->ctx->log_size;
	attr.log_buf = opts->ctx->log_buf;
	attr.prog_flags = BPF_F_SLEEPABLE;
	return skel_bpf(BPF_PROG_LOAD, &attr, SKEL_ATTR_UP_TO(fd_array));
}

/* Loads the loader program and runs it once: it creates the maps and loads the real programs. */
static inline int bpf_load_and_run(struct bpf_load_and_run_opts *opts)
{
	int map = skel_loader_map(opts);
	union bpf_attr attr;
	int program, error;

	if (map < 0) {
		opts->errstr = "creating the loader's map";
		return map;
	}
	program = skel_loader_program(opts, map);
	if (program < 0) {
		opts->errstr = "loading the loader program";
		close(map);
		return program;
	}
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = (__u32)program;
	attr.test.ctx_in = (uintptr_t)opts->ctx;
	attr.test.ctx_size_in = opts->ctx->sz;
	error = skel_bpf(BPF_PROG_RUN, &attr, SKEL_ATTR_UP_TO(test));
	if (!error && (int)attr.test.retval < 0)
		error = (int)attr.test.retval;
	if (error)
		opts->errstr = "running the loader program";
	close(map);
	close(program);
	return error;
}

#endif
