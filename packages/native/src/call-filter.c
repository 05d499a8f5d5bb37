/* call-filter: seccomp filters that let every call pass, each in a way of its own. */
#define _GNU_SOURCE 1
#include "call-filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No call has this number. */
#define NO_CALL 0xfffffffeu
/* No call of the experiment has such an argument. */
#define NO_ARGUMENT 0x5ca1ab1eu

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define ANSWER(action) BPF_STMT(BPF_RET | BPF_K, (action))
#define UNLESS(value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1)
#define COUNT(array) ((unsigned short)(sizeof(array) / sizeof((array)[0])))

static int call_filter_set(struct sock_filter *code, unsigned short length, unsigned int flags)
{
	struct sock_fprog program = {.len = length, .filter = code};
	long result;

	/* What lets a process without rights set a filter. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	return result < 0 ? -errno : (int)result;
}

int call_filter_allow(bool looks_at_argument)
{
	struct sock_filter by_number[] = {
		LOAD(nr),
		UNLESS(NO_CALL),
		ANSWER(SECCOMP_RET_KILL_PROCESS),
		ANSWER(SECCOMP_RET_ALLOW),
	};
	struct sock_filter by_argument[] = {
		LOAD(args[0]),
		UNLESS(NO_ARGUMENT),
		ANSWER(SECCOMP_RET_ERRNO | EPERM),
		ANSWER(SECCOMP_RET_ALLOW),
	};

	return looks_at_argument ? call_filter_set(by_argument, COUNT(by_argument), 0)
				 : call_filter_set(by_number, COUNT(by_number), 0);
}

int call_filter_trace(void)
{
	struct sock_filter code[] = {ANSWER(SECCOMP_RET_TRACE)};

	return call_filter_set(code, COUNT(code), 0);
}

int call_filter_notify(void)
{
	struct sock_filter code[] = {ANSWER(SECCOMP_RET_USER_NOTIF)};

	return call_filter_set(code, COUNT(code), SECCOMP_FILTER_FLAG_NEW_LISTENER);
}
