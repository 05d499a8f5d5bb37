/* milestone.h: how far a recorder is: the lines of the stream that are alike for both. */
#ifndef CROSSBILL_MILESTONE_H
#define CROSSBILL_MILESTONE_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* The first line, up to its "limits", which stay open for the caller to fill in; then
 * milestone_pass(). `period_ns` is that of the samples, 0: there are none. */
void milestone_hello(const char *recorder, const char *timing, uint64_t period_ns);
/* Ends the line and hands it to the reader at once. */
void milestone_pass(void);

/* Nothing was recorded: the step, the reason as -errno, and what was tried. */
void milestone_failed(const char *stage, int error, const char *what);
/* The target is under way. */
void milestone_started(pid_t pid);
/* The target ended as wait4 tells, after `elapsed_ns`. usage NULL: it was not ours to see its end.
 */
void milestone_exit(int status, uint64_t elapsed_ns, const struct rusage *usage);
/* The last line. */
void milestone_end(void);

#endif
