/* accounting.h: adds what a thread used to its process's entry. */
#ifndef CROSSBILL_ACCOUNTING_H
#define CROSSBILL_ACCOUNTING_H

#include "tracee.h"

/* The thread's state now, or what is still known of it. */
void accounting_read(const struct tracee *tracee, struct account *account);

/* The thread begins to count. */
void accounting_begin(struct tracee *tracee, const struct account *from);

/* Adds what it used up to `until` to its process's entry; the rest will go to the next entry. */
void accounting_add(struct tracee *tracee, const struct account *until);

/* Recording has ended for this thread: closes its account and the call it was in. */
void accounting_close(struct tracee *tracee);
/* The same for a thread that is ending: its last switch, for good, is still to come. */
void accounting_end(struct tracee *tracee);

/*
 * How long the thread was off the CPU and not ready to run, ns: `duration` less what it ran and
 * queued. A thread put on a CPU only once since its entry has not waited: the rest is our own
 * wake-up.
 */
uint64_t accounting_wait(const struct task_times *from, const struct task_times *to,
			 uint64_t duration);

/* The thread stands at an entry or exit stop that we saw at `at`; `now`: its times. */
void accounting_note_stop(struct tracee *tracee, const struct task_times *now, uint64_t at);
/* It is about to go on from there. */
void accounting_note_resume(struct tracee *tracee, uint64_t at);

/* Stops of all threads that have ended: switches that are in the kernel's figures because of us. */
uint64_t accounting_stops(void);

#endif
