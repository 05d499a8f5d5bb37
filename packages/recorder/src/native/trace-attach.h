/* trace-attach.h: takes hold of running threads without stopping them for longer than needed. */
#ifndef CROSSBILL_TRACE_ATTACH_H
#define CROSSBILL_TRACE_ATTACH_H

#include <stdbool.h>
#include <sys/types.h>

#include "tracee.h"

/* Seizes one thread and asks it to stop; its descendants will follow. Returns 0 or -errno. */
int trace_attach_thread(pid_t tid);

/* Seizes all threads of a process, also those that start meanwhile, and hands each to `adopt`. */
int trace_attach_process(pid_t pid, struct tracee *(*adopt)(pid_t tid, bool is_new));

#endif
