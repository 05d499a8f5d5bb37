/*
 * refusing: refusing WHAT COMMAND... runs a command that is refused, with EPERM, either `uring`
 * (io_uring_setup) or `mapping` (a shared mapping of a file), as a container's policy would.
 */
#define _GNU_SOURCE 1
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The low half of an argument, on machines whose lowest byte comes first. */
#define ARGUMENT(n) ((unsigned int)offsetof(struct seccomp_data, args[n]))
#define NUMBER ((unsigned int)offsetof(struct seccomp_data, nr))
#define LOAD(where) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, where)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static struct sock_filter no_uring[] = {
	LOAD(NUMBER),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
	REFUSE,
	ALLOW,
};

/* Anonymous memory has the descriptor -1. */
static struct sock_filter no_mapping[] = {
	LOAD(NUMBER),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5),
	LOAD(ARGUMENT(3)),
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, MAP_SHARED, 0, 3),
	LOAD(ARGUMENT(4)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 1, 0),
	REFUSE,
	ALLOW,
};

int main(int count, char **arguments)
{
	struct sock_fprog filter = {.len = sizeof(no_uring) / sizeof(no_uring[0]), no_uring};

	if (count < 3)
		errx(125, "usage: refusing uring|mapping COMMAND...");
	if (strcmp(arguments[1], "mapping") == 0)
		filter =
			(struct sock_fprog){sizeof(no_mapping) / sizeof(no_mapping[0]), no_mapping};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		err(125, "seccomp");
	execvp(arguments[2], arguments + 2);
	err(125, "%s", arguments[2]);
}
