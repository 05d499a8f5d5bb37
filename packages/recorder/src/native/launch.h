/* launch.h: starts the target as the invoking user and holds it just before its execve. */
#ifndef CROSSBILL_LAUNCH_H
#define CROSSBILL_LAUNCH_H

#include <sys/types.h>

struct launch {
	pid_t pid;
	/* The step that failed, for the reader: "pipe", "fork", "identity". */
	const char *what;
	int go;
	int report;
};

/*
 * Forks the target. It has the signal dispositions and the mask this program was started with,
 * stays in our process group and session, and keeps the standard descriptors. It runs as:
 *  - the user of SUDO_UID and SUDO_GID when we are root and both are set, with that user's groups.
 *    sudo has then put root's HOME, USER and LOGNAME into the environment: where they are still
 *    root's they become the user's again, and the SUDO_ variables go. PATH and the rest stay;
 *  - else our own user; what capabilities our file gave us do not pass to it.
 *
 * The held child waits for launch_go(). When we die instead it goes on and runs the target all
 * the same. Returns 0 once it is held, or -errno with `what` set and no child left.
 */
int launch_held(struct launch *launch, char *const argv[]);

/* Lets the held child go on to its execve. Does not wait. */
int launch_go(struct launch *launch);

/*
 * Waits for the execve. Returns 0 when it has succeeded (or the child was killed before it: wait
 * for it to know), else what it failed with as -errno; the child then exits by itself. The child
 * must be able to run: a tracer calls this only after it has seen the child's end.
 */
int launch_outcome(struct launch *launch);

/* launch_go() and launch_outcome(). */
int launch_release(struct launch *launch);

/*
 * Makes the kernel kill us when our parent ends. `expected_parent` is the parent the caller saw at
 * its start; -ESRCH when it has ended already.
 */
int launch_die_with_parent(pid_t expected_parent);

#endif
