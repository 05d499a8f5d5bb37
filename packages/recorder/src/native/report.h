/* report.h: turns what the kernel side gathered into the stream. */
#ifndef CROSSBILL_REPORT_H
#define CROSSBILL_REPORT_H

#include <stddef.h>
#include <sys/resource.h>

#include "program.h"

/* First line of the stream: who records, how, and within which limits. */
void report_hello(const struct program *program);
/* Nothing was recorded: the step and the reason. */
void report_failed(const char *stage, int error, const char *what);
/* A message of the ring: first sight of a process or a target. */
void report_message(const void *message, size_t bytes);
/* The target ended as wait4 tells, after `elapsed` ns. usage NULL: attached, not our child. */
void report_exit(int status, uint64_t elapsed, const struct rusage *usage);
/* Everything the maps hold, the audit, and the last line. */
void report_all(const struct program *program);

#endif
