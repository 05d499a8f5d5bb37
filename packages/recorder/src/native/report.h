/* report.h: turns what the kernel side gathered into the stream. */
#ifndef CROSSBILL_REPORT_H
#define CROSSBILL_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "program.h"

/* First line of the stream: who records, how, and within which limits. */
void report_hello(const struct program *program);
/* A message of the ring: first sight of a process or a target. */
void report_message(const void *message, size_t bytes);
/* Everything the maps hold, the audit, and the last line; `began`: the recording's start. */
void report_all(const struct program *program, uint64_t began);

#endif
