/* fatal.h: a signal that kills the program loses none of the bytes that it had written. */
#ifndef CROSSBILL_LIVE_FATAL_H
#define CROSSBILL_LIVE_FATAL_H

#include <signal.h>
#include <stdbool.h>

/* Puts our handler where the default would kill. False when it cannot. */
bool fatal_arm(void);
/* As sigaction(), which sees the default where our handler is. */
int fatal_sigaction(int signal, const struct sigaction *action, struct sigaction *previous);
/* This thread is about to write held bytes, or has done so: dying has to wait for it. */
void fatal_flushing(bool is);
bool fatal_is_due(void);
void fatal_die_if_due(void);

#endif
