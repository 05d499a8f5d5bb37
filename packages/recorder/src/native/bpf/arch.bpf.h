/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* arch: where each architecture keeps a system call's number, arguments and result. */
#ifndef CROSSBILL_ARCH_BPF_H
#define CROSSBILL_ARCH_BPF_H

#include <stdbool.h>

#include "kernel.bpf.h"

#if defined(__TARGET_ARCH_x86)

/* -1 outside system calls: exceptions and interrupts store it (arch/x86/entry/entry_64.S). After
 * rt_sigreturn it is -1 too, as the frame restores the interrupted context. */
static __always_inline long arch_syscall_nr(const struct pt_regs *regs)
{
	return (long)regs->orig_ax;
}

static __always_inline void arch_arguments(const struct pt_regs *regs, __u64 *arguments)
{
	arguments[0] = regs->di;
	arguments[1] = regs->si;
	arguments[2] = regs->dx;
	arguments[3] = regs->r10;
	arguments[4] = regs->r8;
	arguments[5] = regs->r9;
}

/* A perf_event program's context begins with the interrupted registers, as <asm/ptrace.h> has them.
 */
static __always_inline bool arch_user_mode(const __u64 *sampled)
{
	return sampled[17] & 3; /* cs */
}

#define ARCH_EXIT 60
#define ARCH_EXIT_GROUP 231
#define ARCH_CLOSE 3
#define ARCH_RT_SIGRETURN 15
#define ARCH_COMPAT_FLAG (1ul << 29) /* TIF_ADDR32 */

#elif defined(__TARGET_ARCH_arm64)

static __always_inline long arch_syscall_nr(const struct pt_regs *regs)
{
	return regs->syscallno;
}

/* The result overwrites the first argument; the kernel keeps a copy. */
static __always_inline void arch_arguments(const struct pt_regs *regs, __u64 *arguments)
{
	arguments[0] = regs->orig_x0;
	arguments[1] = regs->regs[1];
	arguments[2] = regs->regs[2];
	arguments[3] = regs->regs[3];
	arguments[4] = regs->regs[4];
	arguments[5] = regs->regs[5];
}

static __always_inline bool arch_user_mode(const __u64 *sampled)
{
	return (sampled[33] & 0xf) == 0; /* pstate, PSR_MODE_EL0t */
}

#define ARCH_EXIT 93
#define ARCH_EXIT_GROUP 94
#define ARCH_CLOSE 57
#define ARCH_RT_SIGRETURN 139
#define ARCH_COMPAT_FLAG (1ul << 22) /* TIF_32BIT */

#else
#error "crossbill records on x86-64 and arm64"
#endif

#endif
