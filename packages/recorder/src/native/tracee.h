/* tracee.h: the threads being traced and the processes they belong to. */
#ifndef CROSSBILL_TRACEE_H
#define CROSSBILL_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "descriptor.h"
#include "task-files.h"

/* Threads beyond these run on untraced, and are counted. */
#define TRACEES_MAX 65536

struct process {
	pid_t tgid;
	/* Its current entry: see process-entry.h. */
	uint32_t entry;
	uint32_t threads;
	struct process *next;
};

/* The call a thread is in. */
struct call {
	bool is_open;
	/* Its target is wanted. */
	uint32_t nr;
	uint64_t arguments[6];
	/* The descriptor that stands for the call; -1 none. */
	int fd;
	struct descriptor descriptor;
	/* Just before the thread went on from its entry. */
	uint64_t at;
	struct task_times times;
};

/* What is our own making in the kernel's figures of a thread. */
struct toll {
	/* Each is a voluntary switch. */
	uint64_t stops;
	/* Queueing for a CPU after a stop, ns. */
	uint64_t delay;
	/* Standing in stops and waking up from them, ns; `delay` is a part of it. */
	uint64_t stood;
};

/* Where the accounting of a thread has got to. */
struct account {
	uint64_t at;
	struct task_times times;
	struct task_counters counters;
	struct toll toll;
};

struct tracee {
	pid_t tid;
	struct process *process;
	int times_fd;
	/* Its calls count: its program is one of those recorded. */
	bool is_counted;
	/* Its account is closed; only its status is still to come. */
	bool has_ended;
	struct call call;
	/* The call it was in when we attached to it; -1: none. Our interruption restarts it. */
	int interrupted_nr;
	/* As of the last entry or exit stop, and when the thread went on from it. */
	struct task_times times;
	uint64_t resumed_at;
	struct toll toll;
	struct account since;
	/* As it stood at the entry of an execve: what comes after belongs to the new program. */
	struct account before_exec;
	struct tracee *next;
};

struct tracee *tracee_find(pid_t tid);
/* NULL when there is no room. The process is made with its first thread. */
struct tracee *tracee_add(pid_t tid, pid_t tgid);
void tracee_remove(struct tracee *tracee);
size_t tracee_count(void);
/* Processes with a thread that has not ended. */
uint64_t tracee_running(void);
/* Calls `visit` for each; it must not add or remove any. */
void tracee_each(void (*visit)(struct tracee *));
/* Reads the thread's times. Returns 0 or -errno. */
int tracee_read_times(const struct tracee *tracee, struct task_times *times);
/* The thread has become the leader of its process: what was opened for the old tid is reopened. */
void tracee_move(struct tracee *from, struct tracee *to);

#endif
