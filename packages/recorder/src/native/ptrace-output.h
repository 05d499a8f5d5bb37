/* ptrace-output.h: what the ptrace recorder tells its reader, apart from lines and processes. */
#ifndef CROSSBILL_PTRACE_OUTPUT_H
#define CROSSBILL_PTRACE_OUTPUT_H

#include "trace-loop.h"

void ptrace_output_hello(size_t sequence_budget);
/* Everything that was recorded, from the end of the target to the end of the stream. */
void ptrace_output_result(const struct trace_result *result, bool is_attached);

#endif
