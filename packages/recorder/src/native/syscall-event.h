/* syscall-event.h: the tracepoints of system calls as perf events, for kernels where their raw form
 * loses calls.
 *
 * Since Linux 7.1 programs on the raw tracepoints of system calls may sleep, and on 7.2 and 7.3 all
 * programs there run with preemption on (7.1 lost nothing when tried, but only its version tells it
 * from the others). The kernel still skips a program that is already running on the CPU, and a
 * thread preempted inside it stands there as running: the calls of every other thread on that CPU
 * go unseen until it is back. As perf events the same tracepoints keep preemption off; they cost
 * about 75 ns a call more.
 */
#ifndef CROSSBILL_SYSCALL_EVENT_H
#define CROSSBILL_SYSCALL_EVENT_H

#include <stdbool.h>

/* Do raw tracepoints of system calls lose calls on this kernel, and are perf events there instead?
 */
bool syscall_event_is_needed(void);

/* Attaches a program to raw_syscalls/NAME for all tasks. Its descriptor, or -errno. */
int syscall_event_open(const char *name, int program);

#endif
