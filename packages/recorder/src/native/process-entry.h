/* process-entry.h: what lines refer to: a process from one execve to the next, and its usage. */
#ifndef CROSSBILL_PROCESS_ENTRY_H
#define CROSSBILL_PROCESS_ENTRY_H

#include <stdint.h>
#include <sys/types.h>

#include "task-files.h"

/* So many processes have an entry of their own; later ones share one by name and program. */
#define OWN_ENTRIES_MAX 256
/* With all of these in use, every later process goes into one last entry without a program. */
#define ENTRIES_MAX 1024

/* All times ns. */
struct usage {
	uint64_t instances;
	uint64_t threads;
	/* How long the threads existed, less `stood`: what they stood in our stops. */
	uint64_t wall;
	uint64_t stood;
	uint64_t cpu;
	uint64_t run_queue;
	uint64_t unfinished_other;
	struct task_counters counters;
};

/* The entry's number for a process that begins, or runs a new program. `exe` may be NULL. */
uint32_t process_entry_begin(const struct task_identity *identity, pid_t pid, const char *exe);
struct usage *process_entry_usage(uint32_t entry);
/* Writes "process" and "usage" lines. */
void process_entry_write_all(void);

#endif
