// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* report: turns what the kernel side gathered into the stream. */
#define _GNU_SOURCE
#include "report.h"

#include <asm/unistd.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "milestone.h"
#include "sampler.h"
#include "sequences.h"
#include "stream.h"

void report_hello(const struct program *program)
{
	milestone_hello("ebpf", program->exact_time ? "exact" : "sampled", SAMPLER_PERIOD_NS);
	stream_u64("threads", THREADS_MAX + SPILLED_MAX);
	stream_u64("processes", PROCESSES_MAX);
	stream_u64("ownProcesses", OWN_PROCESSES_MAX);
	stream_u64("linesPerCpu", ITEMISED_PER_CPU);
	stream_u64("cpus", program->cpus);
	stream_u64("mapBytes", program_map_bytes(program));
	if (program->sequence_budget)
		stream_u64("sequence", program->sequence_budget);
	stream_text("variant", program_variant_name(program->variant));
	milestone_pass();
}

static void report_usage(uint32_t id, const struct usage *usage, bool timed_faults)
{
	stream_begin("usage");
	stream_u64("id", id);
	stream_u64("instances", usage->instances);
	stream_u64("threads", usage->threads);
	stream_u64("wall", usage->wall);
	stream_u64("cpu", usage->on_cpu);
	stream_u64("runq", usage->run_queue);
	stream_u64("faultio", usage->fault_io);
	stream_u64("faultother", usage->fault_other);
	stream_u64("unfinishedio", usage->unfinished_io);
	stream_u64("unfinishedother", usage->unfinished_other);
	stream_u64("minflt", usage->minor_faults);
	stream_u64("majflt", usage->major_faults);
	stream_u64("nvcsw", usage->voluntary);
	stream_u64("nivcsw", usage->involuntary);
	stream_u64("suser", usage->samples_user);
	stream_u64("ssys", usage->samples_syscall);
	stream_u64("sfault", usage->samples_fault);
	stream_u64("fsamples", usage->fault_samples);
	stream_u64("fanon", usage->fault_weights[FAULT_ANONYMOUS]);
	stream_u64("ffile", usage->fault_weights[FAULT_FILE]);
	stream_u64("fother", usage->fault_weights[FAULT_OTHER]);
	if (usage->untaxed & TAX_SEEN)
		stream_u64("taxes", ~usage->untaxed & (TAX_SECCOMP | TAX_PTRACE | TAX_AUDIT));
	if (timed_faults) {
		stream_u64("fminor", usage->fault_minor);
		stream_u64("fmajor", usage->fault_major);
	} else {
		stream_null("fminor");
		stream_null("fmajor");
	}
	stream_finish();
}

/* The kernel's __u64 and uint64_t are the same size under two names. */
static void report_cells(const char *name, const __u64 *cells, size_t count)
{
	_Static_assert(sizeof(__u64) == sizeof(uint64_t), "histogram cells are 64 bits wide");
	stream_pairs(name, (const uint64_t *)(const void *)cells, count);
}

/* null: paths were named, and there was no set left for them. */
static void report_paths(const struct program *program, const struct line *line)
{
	uint64_t words[PATH_SET_BITS / 32];

	if (!line->paths)
		return;
	if (line->paths > program->cpus * PATH_SETS_PER_CPU) {
		stream_null("paths");
		return;
	}
	for (size_t i = 0; i < PATH_SET_BITS / 32; i++)
		words[i] = program->path_sets[line->paths - 1].words[i];
	stream_pairs("paths", words, PATH_SET_BITS / 32);
}

/* `inside`: how many more did not leave. `latency` may be NULL. */
static void report_line(const struct program *program, const struct line *line, uint64_t inside,
			const struct latency *latency)
{
	uint64_t key = line->id & ~LINE_USED;
	char target[20];

	stream_begin("line");
	if (key >> 32)
		stream_u64("p", key >> 32);
	else
		stream_null("p");
	stream_u64("nr", (key >> 16) & 0xffff);
	stream_u64("err", key & 0xffff);
	stream_u64("kind", line->kind);
	/* Small numbers stand for "some target of this kind", 0 for none: neither has a name. */
	if (line->target >> 63) {
		snprintf(target, sizeof(target), "%llx", (unsigned long long)line->target);
		stream_text("target", target);
	} else {
		stream_null("target");
	}
	stream_u64("count", line->count);
	stream_u64("bytes", line->bytes);
	stream_u64("asked", line->asked);
	stream_u64("pos", line->positioned);
	stream_u64("seq", line->sequential);
	if (line->empty)
		stream_u64("empty", line->empty);
	report_paths(program, line);
	stream_u64("samples", line->samples);
	/* Signed: a switch that went unseen may leave a difference below zero. */
	if (program->exact_time)
		stream_u64("cpu", (int64_t)line->on_cpu < 0 ? 0 : line->on_cpu);
	else
		stream_null("cpu");
	stream_u64("waitio", line->wait_io);
	stream_u64("waitother", line->wait_other);
	report_cells("sizes", line->sizes, SIZE_CELLS);
	if (inside)
		stream_u64("inside", inside);
	if (latency)
		report_cells("latency", latency->cells, LATENCY_CELLS);
	else
		report_cells("latency", NULL, 0);
	stream_finish();
}

/* As lines of no call that left; those of the same key, if any, are added up by the reader. */
static void report_insides(const struct program *program)
{
	struct inside_key key, next;
	const void *from = NULL;
	struct inside_total total;

	while (!map_next(program->insides, from, &next)) {
		struct line line = {.kind = next.kind, .target = next.target};

		key = next;
		from = &key;
		if (map_get(program->insides, &key, &total))
			continue;
		line.id = LINE_USED | (uint64_t)key.process << 32 | (uint64_t)key.nr << 16;
		line.wait_io = total.wait_io;
		line.wait_other = total.wait_other;
		report_line(program, &line, total.count, NULL);
	}
}

static void report_uring(const struct program *program)
{
	struct uring_key key, next;
	const void *from = NULL;
	struct uring_total total;

	while (!map_next(program->urings, from, &next)) {
		key = next;
		from = &key;
		if (map_get(program->urings, &key, &total))
			continue;
		stream_begin("uring");
		stream_u64("p", key.process);
		stream_u64("op", key.opcode);
		stream_u64("submitted", total.submitted);
		stream_u64("completed", total.completed);
		stream_u64("errors", total.errors);
		stream_u64("bytes", total.bytes);
		stream_finish();
	}
}

/* One frame: build ID and offset where the kernel could tell the file, else the address alone. */
static void report_frame(const struct bpf_stack_build_id *frame)
{
	char id[2 * BPF_BUILD_ID_SIZE + 1] = "", where[20];

	if (frame->status == BPF_STACK_BUILD_ID_VALID)
		for (int i = 0; i < BPF_BUILD_ID_SIZE; i++)
			snprintf(id + 2 * i, 3, "%02x", frame->build_id[i]);
	snprintf(where, sizeof(where), "%llx",
		 (unsigned long long)(id[0] ? frame->offset : frame->ip));
	stream_array(NULL);
	stream_text(NULL, id);
	stream_text(NULL, where);
	stream_close();
}

/* What was found on the stack: inode, or none where the memory has no file; offset or address. */
static void report_callers(const struct callers *callers, uint64_t from, uint64_t to)
{
	char inode[24] = "", where[20];

	for (uint64_t i = from; i < to && i < CALLERS_MAX; i++) {
		if (callers->at[i].inode)
			snprintf(inode, sizeof(inode), "%llu",
				 (unsigned long long)callers->at[i].inode);
		else
			inode[0] = 0;
		snprintf(where, sizeof(where), "%llx", (unsigned long long)callers->at[i].where);
		stream_array(NULL);
		stream_text(NULL, inode);
		stream_text(NULL, where);
		stream_close();
	}
}

static void report_stacks(const struct program *program)
{
	struct callers callers;
	struct bpf_stack_build_id frames[STACK_DEPTH];
	struct stack_key key, next;
	const void *from = NULL;
	uint64_t samples;

	while (!map_next(program->stack_counts, from, &next)) {
		key = next;
		from = &key;
		if (map_get(program->stack_counts, &key, &samples) ||
		    map_get(program->stacks, &key.stack, frames))
			continue;
		stream_begin("stack");
		stream_u64("p", key.process);
		stream_i64("nr", key.nr);
		stream_u64("samples", key.of == STACK_OF_SAMPLE ? samples : 0);
		if (key.of == STACK_OF_WAIT)
			stream_u64("waits", samples);
		else if (key.of == STACK_OF_FAULT)
			stream_u64("faults", samples);
		stream_array("frames");
		for (int i = 0; i < STACK_DEPTH && frames[i].status; i++)
			report_frame(&frames[i]);
		stream_close();
		if (!key.callers || map_get(program->callers, &key.callers, &callers))
			memset(&callers, 0, sizeof(callers));
		stream_array("top");
		report_callers(&callers, 0, callers.on_top);
		stream_close();
		stream_array("callers");
		report_callers(&callers, callers.on_top, callers.count);
		stream_close();
		stream_finish();
	}
}

static void report_access(const struct program *program, const struct access *access)
{
	const struct line *line = &program->lines[access->line];
	uint64_t key = line->id & ~LINE_USED;
	struct sequence_access kept = {
		.process = (uint32_t)(key >> 32),
		.descriptor = access->descriptor,
		.target = line->target,
		.at = access->at,
		.offset = access->offset,
		.asked = access->asked,
		.moved = access->moved,
		.nr = (uint16_t)(key >> 16),
		.kind = (uint16_t)line->kind,
	};

	sequences_add(&kept);
}

static void report_sequences(const struct program *program, uint64_t began)
{
	uint64_t taken = program->audit->accesses;

	if (taken > program->sequence_budget)
		taken = program->sequence_budget;
	for (uint64_t i = 0; i < taken; i++)
		report_access(program, &program->accesses[i]);
	for (size_t i = 0; i < (size_t)program->cpus * LINES_PER_CPU; i++) {
		const struct line *line = &program->lines[i];

		if (line->unsequenced)
			sequences_drop((uint32_t)((line->id & ~LINE_USED) >> 32),
				       line->target >> 63 ? line->target : 0);
	}
	sequences_write_all(began);
}

static void report_audit(const struct program *program, uint64_t left, uint64_t unitemised)
{
	uint64_t exits = program->unfinished[__NR_exit] + program->unfinished[__NR_exit_group];
	/* They left too, though no line has them. */
	uint64_t lost = program->audit->lines_lost + program_misses(program);
	uint64_t all = 0;

	for (size_t nr = 0; nr < SYSCALLS_MAX; nr++)
		all += program->unfinished[nr];
	stream_begin("audit");
	stream_u64("left", left + lost);
	stream_u64("exits", exits);
	stream_u64("inflight", all - exits);
	stream_u64("unitemised", unitemised);
	stream_u64("lost", lost);
	stream_u64("unnamed", program->audit->names_lost);
	stream_u64("running", program->audit->running);
	stream_u64("threadsLost", program->audit->threads_lost);
	stream_u64("switchesUnseen", program->audit->switches_unseen);
	stream_u64("uringLost", program->audit->uring_lost);
	stream_u64("stacksLost", program->audit->stacks_lost);
	stream_finish();
}

void report_all(const struct program *program, uint64_t began)
{
	size_t count = (size_t)program->cpus * LINES_PER_CPU;
	uint64_t left = 0, unitemised = 0;

	for (uint32_t id = 0; id < PROCESSES_MAX && id <= program->audit->processes; id++)
		if (program->usages[id].instances || program->usages[id].wall)
			report_usage(id, &program->usages[id], program_times_faults(program));
	for (size_t index = 0; index < count; index++) {
		const struct line *line = &program->lines[index];

		if (!line->id)
			continue;
		left += line->count;
		if (!((line->id & ~LINE_USED) >> 32))
			unitemised += line->count;
		report_line(program, line, 0,
			    program->latencies ? &program->latencies[index] : NULL);
	}
	report_insides(program);
	for (uint32_t nr = 0; nr < SYSCALLS_MAX; nr++) {
		if (!program->unfinished[nr])
			continue;
		stream_begin("unfinished");
		stream_u64("nr", nr);
		stream_u64("count", program->unfinished[nr]);
		stream_finish();
	}
	report_uring(program);
	report_stacks(program);
	report_sequences(program, began);
	report_audit(program, left, unitemised);
	milestone_end();
}
