// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* syscall-event: the tracepoints of system calls as perf events. */
#define _GNU_SOURCE
#include "syscall-event.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number the kernel gave to raw_syscalls/NAME. The file system with the numbers is mounted at
 * one of two places, and by default only root may look. */
static int event_number(const char *name)
{
	static const char *const folders[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char path[96], text[16] = "";
	int fd = -1;
	ssize_t got;
	long number;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && fd < 0; i++) {
		(void)snprintf(path, sizeof(path), "%s/events/raw_syscalls/%s/id", folders[i],
			       name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	number = got > 0 ? strtol(text, NULL, 10) : 0;
	return number > 0 && number <= INT32_MAX ? (int)number : -ENODEV;
}

/* Programs on raw tracepoints may sleep only where those tracepoints can run with preemption on. */
static bool raw_tracepoints_are_preemptible(void)
{
	const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = (uintptr_t)nothing;
	attr.insn_cnt = sizeof(nothing) / sizeof(*nothing);
	attr.license = (uintptr_t) "Dual BSD/GPL";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd >= 0)
		close((int)fd);
	return fd >= 0;
}

bool syscall_event_is_needed(void)
{
	return raw_tracepoints_are_preemptible() && event_number("sys_exit") > 0;
}

int syscall_event_open(const char *name, int program)
{
	struct perf_event_attr attr;
	int number = event_number(name);
	long fd;

	if (number < 0)
		return number;
	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = (__u64)number;
	/* The event is of one CPU, the program on it runs on all. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl((int)fd, PERF_EVENT_IOC_SET_BPF, program)) {
		int error = -errno;

		close((int)fd);
		return error;
	}
	return (int)fd;
}
