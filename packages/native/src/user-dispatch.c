/* user-dispatch: syscall user dispatch (Linux 5.11): each system call becomes a SIGSYS of our own.
 */
#define _GNU_SOURCE 1
#include "user-dispatch.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_ON 1
#endif
#define DISPATCH_ALLOW 0
#define DISPATCH_BLOCK 1

#ifdef __x86_64__

/* As the kernel takes it, with a restorer that is ours; linux's struct sigaction. */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};
#define FLAG_RESTORER 0x04000000ul

/*
 * The gate: calls from here are not dispatched. The handler makes its call and leaves through it,
 * or each would begin another SIGSYS. The kernel looks at the address behind the instruction.
 */
__asm__(".pushsection .text\n"
	".hidden user_dispatch_gate, user_dispatch_gate_end, user_dispatch_call, "
	"user_dispatch_leave\n"
	".globl user_dispatch_gate, user_dispatch_gate_end, user_dispatch_call, "
	"user_dispatch_leave\n"
	"user_dispatch_gate:\n"
	".type user_dispatch_call, @function\n"
	"user_dispatch_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %rdi\n"
	"	mov %rdx, %rsi\n"
	"	mov %rcx, %rdx\n"
	"	mov %r8, %r10\n"
	"	mov %r9, %r8\n"
	"	mov 8(%rsp), %r9\n"
	"	syscall\n"
	"	ret\n"
	".type user_dispatch_leave, @function\n"
	"user_dispatch_leave:\n"
	"	mov $15, %eax\n" /* rt_sigreturn */
	"	syscall\n"
	"	ud2\n"
	"user_dispatch_gate_end:\n"
	".popsection\n");

extern const char user_dispatch_gate[];
extern const char user_dispatch_gate_end[];
long user_dispatch_call(long number, long a, long b, long c, long d, long e, long f);
void user_dispatch_leave(void);

static volatile char selector = DISPATCH_ALLOW;
static uint64_t *calls_seen;

static void user_dispatch_handle(int signal_number, siginfo_t *info, void *context)
{
	ucontext_t *state = context;
	greg_t *registers = state->uc_mcontext.gregs;

	(void)signal_number;
	__atomic_store_n(calls_seen, *calls_seen + 1, __ATOMIC_RELAXED);
	registers[REG_RAX] = user_dispatch_call(
		info->si_syscall, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
		registers[REG_R10], registers[REG_R8], registers[REG_R9]);
}

int user_dispatch_open(uint64_t *seen)
{
	struct kernel_action action = {
		.handler = user_dispatch_handle,
		.flags = SA_SIGINFO | FLAG_RESTORER,
		.restorer = user_dispatch_leave,
	};

	calls_seen = seen;
	if (syscall(SYS_rt_sigaction, SIGSYS, &action, NULL, sizeof(action.mask)) < 0)
		return -errno;
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, user_dispatch_gate,
		  user_dispatch_gate_end - user_dispatch_gate, &selector) < 0)
		return -errno;
	return 0;
}

void user_dispatch_begin(void)
{
	selector = DISPATCH_BLOCK;
}

void user_dispatch_end(void)
{
	selector = DISPATCH_ALLOW;
}

#else

int user_dispatch_open(uint64_t *seen)
{
	(void)seen;
	return -ENOSYS; /* The kernel has it on x86 alone. */
}

void user_dispatch_begin(void)
{
}

void user_dispatch_end(void)
{
}

#endif
