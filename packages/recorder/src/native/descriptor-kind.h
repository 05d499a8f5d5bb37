/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* descriptor-kind.h: what a descriptor refers to, by the numbers the stream uses. */
#ifndef CROSSBILL_DESCRIPTOR_KIND_H
#define CROSSBILL_DESCRIPTOR_KIND_H

#include <linux/types.h>
#include <stdbool.h>

/* The order is that of descriptorKinds in packages/core/src/recording.ts. */
enum descriptor_kind {
	KIND_FILE,
	KIND_DIRECTORY,
	KIND_PIPE,
	KIND_FIFO,
	KIND_UNIX,
	KIND_TCP,
	KIND_UDP,
	KIND_SOCKET,
	KIND_TERMINAL,
	KIND_CHAR,
	KIND_BLOCK,
	KIND_EVENTFD,
	KIND_TIMERFD,
	KIND_SIGNALFD,
	KIND_EPOLL,
	KIND_IO_URING,
	KIND_MEMFD,
	KIND_ANONYMOUS,
	KIND_NONE,
	KIND_UNKNOWN,
};

/* Whether reads and writes of this kind happen at a position. */
static inline __attribute__((always_inline)) bool kind_has_position(__u64 kind)
{
	return kind == KIND_FILE || kind == KIND_BLOCK || kind == KIND_MEMFD;
}

/* Whether the order of reads and writes of this kind is worth keeping. */
static inline __attribute__((always_inline)) bool kind_is_sequenced(__u64 kind)
{
	return kind == KIND_FILE || kind == KIND_MEMFD ||
		(kind >= KIND_PIPE && kind <= KIND_SOCKET);
}

/* Majors of Documentation/admin-guide/devices.txt: tty, console and /dev/tty, pts, serial lines. */
static inline __attribute__((always_inline)) bool major_is_terminal(__u32 major)
{
	return major == 4 || major == 5 || (major >= 136 && major <= 143) || major == 166 ||
		major == 188 || major == 204 || major == 229;
}

#endif
