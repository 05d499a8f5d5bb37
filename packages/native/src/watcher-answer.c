/* watcher-answer: answers seccomp's notifications: each call may go on. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "watcher.h"

#define NAP_NS 50000

/*
 * The listener belongs to the one who is watched, whose every call now waits for an answer, so he
 * cannot send it: it is taken from him.
 */
static int answer_take_listener(const struct monitor_shared *shared, pid_t target)
{
	struct timespec nap = {.tv_nsec = NAP_NS};
	int process = (int)syscall(SYS_pidfd_open, target, 0);
	int listener;

	if (process < 0)
		return -errno;
	while ((listener = __atomic_load_n(&shared->listener, __ATOMIC_ACQUIRE)) < 0)
		nanosleep(&nap, NULL);
	listener = (int)syscall(SYS_pidfd_getfd, process, listener, 0);
	return listener < 0 ? -errno : listener;
}

int watcher_answer(struct monitor_shared *shared, pid_t target)
{
	int listener = answer_take_listener(shared, target);
	struct seccomp_notif call;
	struct seccomp_notif_resp answer;

	if (listener < 0)
		return listener;
	__atomic_store_n(&shared->state, 1, __ATOMIC_RELEASE);
	for (;;) {
		memset(&call, 0, sizeof(call)); /* The kernel insists. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) {
			if (errno == EINTR)
				continue;
			return errno == ENOENT ? 0 : -errno; /* Nobody is left. */
		}
		watcher_saw(shared, (uint64_t)call.data.nr);
		memset(&answer, 0, sizeof(answer));
		answer.id = call.id;
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		/* ENOENT: killed while it waited. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno != ENOENT &&
		    errno != EINTR)
			return -errno;
	}
}
