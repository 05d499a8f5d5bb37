/* task-files.h: what /proc says of one task. */
#ifndef CROSSBILL_TASK_FILES_H
#define CROSSBILL_TASK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The kernel's names have 15 bytes. */
#define COMM_SIZE 16

/* Since the task's start, ns; `slices` counts how often it was put on a CPU. */
struct task_times {
	uint64_t cpu;
	uint64_t delay;
	uint64_t slices;
};

struct task_counters {
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t voluntary;
	uint64_t involuntary;
};

struct task_identity {
	pid_t tgid;
	pid_t ppid;
	/* Who traces it, 0 nobody. */
	pid_t tracer;
	/* It runs no more; its process or its parent has yet to take note. */
	bool has_ended;
	char comm[COMM_SIZE];
};

/* Opens the task's schedstat to be read again and again. Returns the descriptor or -errno. */
int task_open_times(pid_t tid);
/* From an open descriptor, or by opening it once when `fd` is negative. Returns 0 or -errno. */
int task_read_times(int fd, pid_t tid, struct task_times *times);

/* The number of the call it sleeps in, or -1. */
int task_read_call(pid_t tid);

/* Off the CPU and not ready to run. */
bool task_sleeps(pid_t tgid, pid_t tid);

int task_read_counters(pid_t tgid, pid_t tid, struct task_counters *counters);
int task_read_identity(pid_t tid, struct task_identity *identity);

/* The program's path, without the kernel's mark for a deleted one. Returns its length or -errno. */
ssize_t task_read_exe(pid_t tid, char *path, size_t size);

/* The file position of a descriptor. Returns 0 or -errno. */
int task_read_position(pid_t tid, int fd, uint64_t *position);

#endif
