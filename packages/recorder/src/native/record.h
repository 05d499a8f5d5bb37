/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* record: the layouts that record.bpf.c fills in the kernel and the recorder reads; declared once,
 * here.
 */
#ifndef CROSSBILL_RECORD_H
#define CROSSBILL_RECORD_H

#include <linux/types.h>

#include "descriptor-kind.h"

/* One slot a thread, found by the address of its user registers; a thread whose slot is taken goes
 * to `spilled`. */
#define THREADS_MAX 16384
#define SPILLED_MAX 65536
/* Processes with an entry of their own; later ones share an entry by program (see processes.bpf.h).
 */
#define OWN_PROCESSES_MAX 256
#define PROCESSES_MAX 4096
/* Lines a CPU, itemised and not; both powers of two. 9,216 x 384 bytes = 3.4 MiB a CPU. */
#define ITEMISED_PER_CPU 8192
#define UNITEMISED_PER_CPU 1024
#define LINES_PER_CPU (ITEMISED_PER_CPU + UNITEMISED_PER_CPU)
#define LINE_PROBES 16
/* Size and latency histograms: cell 0 holds zeros, cell k values up to 2^(k-1); the last is open.
 */
#define SIZE_CELLS 33
#define LATENCY_CELLS 40
#define SYSCALLS_MAX 1024
#define POSITIONS_MAX 8192
#define DESCRIPTORS_MAX 16384
#define SEEN_MAX 65536
#define URING_MAX 1024
#define INSIDE_MAX 4096
/* Lines whose paths are told apart, and the bits for each: 2,048 tell up to about 10,000 paths
 * apart (Whang and others, A linear-time probabilistic counting algorithm, 1990: 5 % at that load).
 */
#define PATH_SETS_PER_CPU 512
#define PATH_SET_BITS 8192
/* Paths are told apart by their beginning, of so many bytes. */
#define PATH_HASHED_BYTES 256
#define STACKS_MAX 4096
#define STACK_DEPTH 32
/* A stack that can be walked this far has frame pointers; of others so many words are looked at. */
#define FRAMES_WALKED 4
#define CALLER_WORDS 128
#define CALLERS_MAX 12
#define RING_BYTES (4 * 1024 * 1024)
#define NAME_MAX_BYTES 4096
#define COMM_BYTES 16

/* Where a thread is while it is off the CPU. */
enum off_state {
	OFF_NOT = 0,
	OFF_PREEMPTED, /* ready to run: all of it is run-queue time */
	OFF_CALL_IO,
	OFF_CALL_OTHER,
	OFF_FAULT_IO,
	OFF_FAULT_OTHER,
	OFF_STOPPED, /* by a signal or a tracer */
};

enum thread_phase {
	PHASE_ARMED = 1, /* held before execve: known, not yet counted */
	PHASE_NEWBORN,	 /* forked, and not yet back from the fork, which is its parent's call */
	PHASE_RUNNING,
	PHASE_EXITING,
};

/* The line that calls of one number went to last, so that the next one need not look for it. */
struct recent_line {
	__u64 id;
	__u64 target;
	__u32 index;
	__u32 cpu;
};
#define RECENT_LINES 4 /* by the low bits of the call's number */

struct thread {
	__u64 frame; /* address of its user registers, what it is found by; 0: free */
	__u64 task;  /* address of its task_struct */
	__u32 process;
	__u8 phase;
	__u8 off_state;
	__u8 spilled; /* threads that share this slot and live in `spilled` */
	__u8 unused;
	__u32 pending; /* samples and waits to hand to the call that leaves next: non-zero if any */
	__u64 enter_at;	 /* exact timing: when the call in progress entered, 0 none */
	__u64 enter_cpu; /* exact timing: time on the CPU at that moment */
	__u64 on_since;
	__u64 on_cpu;
	__u64 off_since;
	__u64 woken_at;
	__u64 run_queue;
	__u64 wait_io; /* of the call in progress */
	__u64 wait_other;
	__u64 fault_io;
	__u64 fault_other;
	__u64 stopped;
	__u64 fault_at; /* where the kernel lets faults be timed: when the one in progress began */
	__u64 fault_retried; /* and what its earlier attempts took */
	__u64 fault_minor;
	__u64 fault_major;
	__u64 began;
	__u64 samples_call; /* of the call in progress, moved to its line when it leaves */
	__u64 samples_user;
	__u64 samples_syscall;
	__u64 samples_fault;
	/* The task's own counters when counting began. */
	__u64 minor_faults;
	__u64 major_faults;
	__u64 voluntary;
	__u64 involuntary;
	__u64 scratch;
	struct recent_line recent[RECENT_LINES];
	__u64 arguments[8]; /* of the call that leaves, so that they can be picked by index */
};

/* What a minor fault touched. */
enum fault_kind { FAULT_ANONYMOUS, FAULT_FILE, FAULT_OTHER, FAULT_KINDS };

/* What the threads of one process entry add up to; written when a thread ends or changes image. */
struct usage {
	__u64 instances;
	__u64 threads;
	__u64 wall;
	__u64 on_cpu;
	__u64 run_queue;
	__u64 fault_io;
	__u64 fault_other;
	__u64 fault_minor; /* duration of faults, waiting included, where it can be measured */
	__u64 fault_major;
	__u64 unfinished_io;
	__u64 unfinished_other;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 voluntary;
	__u64 involuntary;
	__u64 samples_user;
	__u64 samples_syscall;
	__u64 samples_fault;
	__u64 fault_samples; /* minor faults looked at, and for how many those of each kind stand */
	__u64 fault_weights[FAULT_KINDS];
	__u64 untaxed; /* taxes that a thread was seen without, and TAX_SEEN once one was looked at
			*/
};

/* What makes the kernel take the long way at each crossing of a thread. */
#define TAX_SECCOMP 1
#define TAX_PTRACE 2
#define TAX_AUDIT 4
#define TAX_SEEN 8

/* Calls that agree in process, number, error and target. process 0: not itemised. */
struct line {
	__u64 id; /* process << 32 | nr << 16 | errno, plus LINE_USED; 0: free */
	__u64 target;
	__u64 kind;
	__u64 count;
	__u64 bytes;
	__u64 asked;
	__u64 positioned;
	__u64 sequential;
	__u64 empty; /* readiness calls that returned 0 */
	__u64 samples;
	__u64 on_cpu;
	__u64 timed; /* exact timing: how many of `count` were seen entering */
	__u64 wait_io;
	__u64 wait_other;
	__u32 paths;	   /* 1 + index of its path_set; 0: names no path, or none was read */
	__u16 unsequenced; /* not all of its accesses were kept */
	__u16 waits;	   /* calls that waited, modulo 2^16, for choosing some of them */
	__u64 sizes[SIZE_CELLS];
};
#define LINE_USED (1ull << 63)

/* A set of paths: the hash of each sets one bit. */
struct path_set {
	__u32 words[PATH_SET_BITS / 32];
};

/* One read, write or seek, in the order in which they returned. */
struct access {
	__u64 at;
	__s64 offset;
	__u32 line; /* index: says which process, call and target */
	__u32 descriptor;
	__u32 asked;
	__s32 moved;
};

struct latency {
	__u64 cells[LATENCY_CELLS];
};

/* Calls that did not leave, and what they waited: to be lines of their process. */
struct inside_key {
	__u64 target;
	__u32 process;
	__u16 nr;
	__u16 kind;
};

struct inside_total {
	__u64 count;
	__u64 wait_io;
	__u64 wait_other;
};

struct uring_key {
	__u32 process;
	__u32 opcode;
};

struct uring_total {
	__u64 submitted;
	__u64 completed;
	__u64 errors;
	__u64 bytes;
};

struct stack_key {
	__u32 process;
	__s32 nr; /* -1: user code */
	__s32 stack;
	__u32 of;      /* enum stack_of */
	__u32 callers; /* hash of what was found on the stack; 0: nothing */
};

/* What points into code on a stack, from its top on: file offset, or the address where `inode` is
 * 0.
 */
struct callers {
	__u64 count;
	__u64 on_top; /* 1: the first of them is the top word itself */
	struct {
		__u64 inode;
		__u64 where;
	} at[CALLERS_MAX];
};

/* What a stack was kept for; only samples are time on the CPU. */
enum stack_of { STACK_OF_SAMPLE, STACK_OF_WAIT, STACK_OF_FAULT };

/* What the iterator over all tasks does. */
enum visit { VISIT_ADOPT, VISIT_SETTLE };

/* What the kernel side counts about itself. */
struct audit {
	__u64 threads_lost; /* threads that found no room: their crossings are not seen */
	__u64 lines_lost;   /* crossings in no line at all */
	__u64 names_lost;
	__u64 uring_lost;
	__u64 stacks_lost;
	__u64 processes; /* entries given out */
	__u64 alive;	 /* threads being recorded now */
	__u64 exited;	 /* threads that began to end */
	__u64 ended;	 /* threads that left the CPU for good */
	__u64 switches_unseen;
	__u64 scratch;
	__u64 accesses;	 /* taken from the budget of sequences; may go a little beyond it */
	__u64 path_sets; /* lines that asked for one */
	__u64 running;	 /* processes that lived on when the recording ended */
};

/* Messages of the ring: first sight of a process or of a target. */
enum message_type { MESSAGE_PROCESS = 1, MESSAGE_TARGET };

#define NAME_TRUNCATED 1
#define NAME_DELETED 2
#define NAME_UNRESOLVED 4
#define PROCESS_COMPAT 8 /* a 32-bit program: its call numbers are not the native ones */

struct message {
	__u32 type;
	__u32 flags;
	__u64 id;
	__u32 kind;
	__u32 name_bytes;
	__u64 file_system; /* superblock magic */
	__u64 size;	   /* of a regular file, bytes */
	__u64 inode;
	__u32 pid;
	__u32 parent_pid;
	char comm[COMM_BYTES];
	/* Sockets: family and raw addresses, formatted outside the kernel. */
	__u16 family;
	__u16 local_port;
	__u16 remote_port; /* network order, as the kernel keeps it */
	__u16 protocol;
	__u8 local_address[16];
	__u8 remote_address[16];
	char name[NAME_MAX_BYTES];
};

#endif
