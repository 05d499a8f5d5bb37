/* syscall-event.h: the tracepoints of system calls as perf events, for kernels where their raw form
 * loses calls.
 *
 * Since Linux 7.1 raw tracepoints of system calls run with preemption on, so that programs on them
 * may sleep. The kernel still skips a program that is already running on the CPU, and a thread
 * preempted inside it stands there as running: the calls of every other thread on that CPU go
 * unseen until it is back. As perf events the same tracepoints keep preemption off; they cost
 * more. */
#ifndef CROSSBILL_SYSCALL_EVENT_H
#define CROSSBILL_SYSCALL_EVENT_H

#include <stdbool.h>

/* Do raw tracepoints of system calls lose calls on this kernel, and are perf events there instead?
 */
bool syscall_event_is_needed(void);

/* Attaches a program to raw_syscalls/NAME for all tasks. Its descriptor, or -errno. */
int syscall_event_open(const char *name, int program);

#endif
