/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* descriptor-kind.h: what a descriptor refers to, by the numbers the stream uses. */
#ifndef CROSSBILL_DESCRIPTOR_KIND_H
#define CROSSBILL_DESCRIPTOR_KIND_H

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

#endif
