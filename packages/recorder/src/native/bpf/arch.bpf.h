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
	return (long)READ(regs, orig_ax);
}

/* Most calls have their descriptor, size and offset in the first, third and fourth argument; `all`
 * takes the others too. Each costs a checked load. */
static __always_inline void arch_arguments(const struct pt_regs *regs, __u64 *arguments, bool all)
{
	arguments[0] = READ(regs, di);
	arguments[2] = READ(regs, dx);
	arguments[3] = READ(regs, r10);
	if (!all)
		return;
	arguments[1] = READ(regs, si);
	arguments[4] = READ(regs, r8);
	arguments[5] = READ(regs, r9);
}

/* The first or the second argument alone. */
static __always_inline __u64 arch_path(const struct pt_regs *regs, bool second)
{
	return second ? READ(regs, si) : READ(regs, di);
}

/* A perf_event program's context begins with the interrupted registers, as <asm/ptrace.h> has them.
 */
static __always_inline bool arch_user_mode(const __u64 *sampled)
{
	return sampled[17] & 3; /* cs */
}

static __always_inline __u64 arch_stack_pointer(const struct pt_regs *regs)
{
	return READ(regs, sp);
}

#define PAGE_BYTES 4096

/* Words of struct pt_regs in a perf_event program's context. */
#define ARCH_REGISTERS 21
#define ARCH_EXIT 60
#define ARCH_EXIT_GROUP 231
#define ARCH_CLOSE 3
#define ARCH_RT_SIGRETURN 15

#elif defined(__TARGET_ARCH_arm64)

static __always_inline long arch_syscall_nr(const struct pt_regs *regs)
{
	return READ(regs, syscallno);
}

/* The result overwrites the first argument; the kernel keeps a copy. */
static __always_inline void arch_arguments(const struct pt_regs *regs, __u64 *arguments, bool all)
{
	arguments[0] = READ(regs, orig_x0);
	arguments[2] = READ(regs, regs[2]);
	arguments[3] = READ(regs, regs[3]);
	if (!all)
		return;
	arguments[1] = READ(regs, regs[1]);
	arguments[4] = READ(regs, regs[4]);
	arguments[5] = READ(regs, regs[5]);
}

static __always_inline __u64 arch_path(const struct pt_regs *regs, bool second)
{
	return second ? READ(regs, regs[1]) : READ(regs, orig_x0);
}

static __always_inline bool arch_user_mode(const __u64 *sampled)
{
	return (sampled[33] & 0xf) == 0; /* pstate, PSR_MODE_EL0t */
}

static __always_inline __u64 arch_stack_pointer(const struct pt_regs *regs)
{
	return READ(regs, sp);
}

#define PAGE_BYTES 4096 /* it may be larger: offsets of callers would be wrong there */

/* Words of struct user_pt_regs. */
#define ARCH_REGISTERS 34
#define ARCH_EXIT 93
#define ARCH_EXIT_GROUP 94
#define ARCH_CLOSE 57
#define ARCH_RT_SIGRETURN 139

#else
#error "crossbill records on x86-64 and arm64"
#endif

#endif
