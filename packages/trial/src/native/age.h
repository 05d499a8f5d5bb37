/* age.h: nothing is held for longer than a stated time, whatever the program does meanwhile. */
#ifndef CROSSBILL_LIVE_AGE_H
#define CROSSBILL_LIVE_AGE_H

#include <stdbool.h>

/* The signal that tells us; the last of the real-time ones, which few programs know of. */
#define AGE_SIGNAL 64

/* Whether bytes may be held: clock and handlers are there. */
bool age_is_ready(void);
/* The first byte is held: let us know when it has its age. */
void age_start(void);
/* The program takes all signals for itself: hold nothing from now on. */
void age_give_up(void);
/* Nothing of ours may be pending in the next program: an unknown signal would kill it. */
void age_before_exec(void);
void age_after_fork(void);

#endif
