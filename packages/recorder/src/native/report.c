// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* report: turns what the kernel side gathered into the stream. */
#define _GNU_SOURCE
#include "report.h"

#include <arpa/inet.h>
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "milestone.h"
#include "sampler.h"
#include "socket-family.h"
#include "stream.h"

#define ADDRESS_TEXT_MAX (INET6_ADDRSTRLEN + 16)

void report_hello(const struct program *program)
{
	milestone_hello("ebpf", program->exact_time ? "exact" : "sampled", SAMPLER_PERIOD_NS);
	stream_u64("threads", THREADS_MAX + SPILLED_MAX);
	stream_u64("processes", PROCESSES_MAX);
	stream_u64("ownProcesses", OWN_PROCESSES_MAX);
	stream_u64("linesPerCpu", ITEMISED_PER_CPU);
	stream_u64("cpus", program->cpus);
	stream_u64("mapBytes", program_map_bytes(program));
	stream_text("variant", program_variant_name(program->variant));
	milestone_pass();
}

static void report_process(const struct message *message, size_t name_bytes)
{
	stream_begin("process");
	stream_u64("id", message->id);
	stream_u64("pid", message->pid);
	stream_u64("ppid", message->parent_pid);
	stream_bytes("comm", message->comm, strnlen(message->comm, COMM_BYTES));
	if (message->flags & NAME_UNRESOLVED)
		stream_null("exe");
	else
		stream_bytes("exe", message->name, name_bytes);
	stream_bool("compat", message->flags & PROCESS_COMPAT);
	stream_finish();
}

/* "127.0.0.1:80", "[::1]:80". Nothing without a port: after a connect() that was refused an address
 * remains, of which half would be wrong. */
static void format_address(char *text, size_t size, int family, const void *address, unsigned port)
{
	char host[INET6_ADDRSTRLEN] = "";

	text[0] = '\0';
	if (!port)
		return;
	if (inet_ntop(family, address, host, sizeof(host)))
		snprintf(text, size, family == AF_INET ? "%s:%u" : "[%s]:%u", host, port);
}

/* "local > remote" for connections, the local address for listeners, the family and protocol for
 * what has no address, "socket:[inode]" else. */
static void report_peer(const struct message *message, size_t name_bytes)
{
	char local[ADDRESS_TEXT_MAX], remote[ADDRESS_TEXT_MAX], name[2 * ADDRESS_TEXT_MAX + 4];

	if (message->family == AF_UNIX && name_bytes > 0) {
		char path[NAME_MAX_BYTES];

		memcpy(path, message->name, name_bytes);
		if (!path[0]) /* an abstract name: shown with @, as ss and netstat do */
			path[0] = '@';
		else
			name_bytes = strnlen(path, name_bytes);
		stream_bytes("name", path, name_bytes);
		return;
	}
	snprintf(name, sizeof(name), "socket:[%llu]", (unsigned long long)message->inode);
	if (message->family == AF_INET || message->family == AF_INET6) {
		format_address(local, sizeof(local), message->family, message->local_address,
			       message->local_port);
		format_address(remote, sizeof(remote), message->family, message->remote_address,
			       ntohs(message->remote_port));
		if (remote[0])
			snprintf(name, sizeof(name), "%s > %s", local, remote);
		else if (local[0])
			snprintf(name, sizeof(name), "%s", local);
	} else if (message->family != AF_UNIX) {
		socket_family_name(name, sizeof(name), message->family, message->protocol);
	}
	stream_text("name", name);
}

static void report_target(const struct message *message, size_t name_bytes)
{
	char id[20], pipe[40];

	snprintf(id, sizeof(id), "%llx", (unsigned long long)message->id);
	stream_begin("target");
	stream_text("id", id);
	stream_u64("kind", message->kind);
	if (message->flags & NAME_UNRESOLVED) {
		stream_null("name");
	} else if (message->family) {
		report_peer(message, name_bytes);
	} else if (message->kind == KIND_PIPE) {
		snprintf(pipe, sizeof(pipe), "pipe:[%llu]", (unsigned long long)message->inode);
		stream_text("name", pipe);
	} else if (name_bytes == 0) {
		stream_null("name");
	} else {
		stream_bytes("name", message->name, name_bytes);
	}
	stream_u64("fs", message->file_system);
	stream_bool("deleted", message->flags & NAME_DELETED);
	stream_bool("truncated", message->flags & NAME_TRUNCATED);
	stream_finish();
}

void report_message(const void *raw, size_t bytes)
{
	const struct message *message = raw;
	size_t name_bytes;

	if (bytes < offsetof(struct message, name))
		return;
	name_bytes = bytes - offsetof(struct message, name);
	if (name_bytes > message->name_bytes)
		name_bytes = message->name_bytes;
	if (name_bytes > NAME_MAX_BYTES)
		name_bytes = NAME_MAX_BYTES;
	if (message->type == MESSAGE_PROCESS)
		report_process(message, name_bytes);
	else if (message->type == MESSAGE_TARGET)
		report_target(message, name_bytes);
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

static void report_stacks(const struct program *program)
{
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
		stream_u64("samples", samples);
		stream_array("frames");
		for (int i = 0; i < STACK_DEPTH && frames[i].status; i++)
			report_frame(&frames[i]);
		stream_close();
		stream_finish();
	}
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

void report_all(const struct program *program)
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
	report_audit(program, left, unitemised);
	milestone_end();
}
