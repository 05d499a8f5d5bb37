/* control.h: what the parent asks of a recorder, and the signals that reach it meanwhile. */
#ifndef CROSSBILL_CONTROL_H
#define CROSSBILL_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>

enum control {
	CONTROL_NONE,
	/* Stop recording, print the rest, end. */
	CONTROL_QUIT,
	/* The parent has closed its end: end at once. */
	CONTROL_PARENT_GONE,
};

/*
 * Takes over the descriptor (close-on-exec and non-blocking from now on; -1: there is none) and
 * catches every signal that could end or stop us: the terminal sends them to the whole process
 * group, and the target gets its own. System calls are interrupted by them, not restarted.
 * Returns 0 or -errno.
 */
int control_open(int fd);

/* For poll(): readable when control_read() has something to do. -1 when there is none. */
int control_descriptor(void);

/*
 * For a caller that waits in something other than poll(): from now on control_is_pending() turns
 * true, and a signal interrupts the wait again and again, until control_read() is called.
 */
int control_interrupt_waits(void);
bool control_is_pending(void);

/*
 * Does what the parent has asked so far: "s" N sends signal N to `target` (0: to nobody), unless
 * the same signal has reached us within the last 100 ms and so, by its group, the target too.
 * Never blocks.
 */
enum control control_read(pid_t target);

#endif
