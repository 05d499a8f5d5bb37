/* program.h: the kernel side of the recorder: loading, attaching, taking threads in, letting go. */
#ifndef CROSSBILL_PROGRAM_H
#define CROSSBILL_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"

#define PROGRAMS_MAX 11

/* The same program built six ways; the first that this kernel takes is used. They come in pairs:
 * one that times page faults, one that only counts them. */
enum variant {
	/* As the next two, but with the hooks of system calls as perf events: only where raw
	 * tracepoints lose calls (see syscall-event.h). */
	VARIANT_FULL_EVENTS,
	VARIANT_FAST_EVENTS,
	/* Page faults timed: needs fentry and fexit, which a locked-down kernel may refuse. */
	VARIANT_FULL,
	/* Page faults counted only. */
	VARIANT_FAST,
	/* Without bpf_rdonly_cast (before Linux 6.2), dearer a call; page faults timed. */
	VARIANT_PORTABLE_FULL,
	/* The same, page faults counted only. */
	VARIANT_PORTABLE,
	VARIANTS,
};

/* A loaded program: its maps as memory, the rest as descriptors. */
struct program {
	bool exact_time;
	/* Accesses to keep in order; 0: none. */
	uint32_t sequence_budget;
	enum variant variant;
	/* Why each variant tried was not taken, as -errno; 0 for the one in use. */
	int refused[VARIANTS];
	unsigned int cpus;
	/* The step that failed, for the reader. */
	const char *what;

	const struct audit *audit;
	const struct usage *usages;
	const struct line *lines;
	const struct latency *latencies; /* NULL unless exact_time */
	const uint64_t *unfinished;
	const struct access *accesses; /* NULL unless sequences are wanted */
	const struct path_set *path_sets;

	int messages;
	int wanted;
	int urings;
	int insides;
	int stacks;
	int stack_counts;
	int callers;
	int sample;
	int fault_sample;
	int sys_exit;
	int visit_link;
	volatile uint32_t *visit;
	volatile uint32_t *fault_weight;

	int progs[PROGRAMS_MAX];
	/* The hooks of system calls are perf events. */
	bool events;
	/* Raw tracepoints are named when attaching, the others carry their name. */
	const char *names[PROGRAMS_MAX];
	int links[PROGRAMS_MAX];
};

struct program_options {
	bool exact_time;
	uint32_t sequence_budget;
	/* The only one to try; VARIANTS: the first that loads. */
	enum variant variant;
};

/* Loads the best variant this kernel takes and creates its maps; attaches nothing. 0 or -errno with
 * `what` set. */
int program_load(struct program *program, const struct program_options *options);

/* Attaches the hooks. 0 or -errno with `what` set; then nothing stays attached. */
int program_attach(struct program *program);

/* Detaches every hook, so that nothing on the machine pays any longer. */
void program_detach(struct program *program);

/* Takes in the processes (all their threads). `armed`: they count from their next execve on. */
int program_adopt(struct program *program, const pid_t *pids, size_t count, bool armed);

/* Settles the accounts of threads that live on. */
int program_settle(struct program *program);

/* Times the sys_exit program was skipped by the kernel because it was already running there. */
uint64_t program_misses(const struct program *program);

/* bpf(2) on maps. 0 or -errno. */
int map_next(int map, const void *key, void *next);
int map_get(int map, const void *key, void *value);
int map_put(int map, const void *key, const void *value);

/* Bytes of kernel memory the maps take. */
uint64_t program_map_bytes(const struct program *program);

const char *program_variant_name(enum variant variant);

/* VARIANTS when none is called so. */
enum variant program_variant_named(const char *name);

/* Does the loaded variant time page faults? */
bool program_times_faults(const struct program *program);

/* Why it does not: -errno of the variant that would have; 0 when it does. */
int program_fault_refusal(const struct program *program);

/* One for each build; program-load.h has their body. 0 or -errno with `what` set. */
int program_load_full_events(struct program *program);
int program_load_fast_events(struct program *program);
int program_load_full(struct program *program);
int program_load_fast(struct program *program);
int program_load_portable_full(struct program *program);
int program_load_portable(struct program *program);

#endif
