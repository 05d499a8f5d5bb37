/* process-entry.c: what lines refer to: a process from one execve to the next, and its usage. */
#define _GNU_SOURCE
#include "process-entry.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

struct entry {
	pid_t pid;
	pid_t ppid;
	char comm[COMM_SIZE];
	/* NULL: not resolved. */
	char *exe;
	struct usage usage;
};

/* The last one takes what nothing else does. */
static struct {
	struct entry entries[ENTRIES_MAX + 1];
	uint32_t count;
} table;

static bool process_entry_is(const struct entry *entry, const char *comm, const char *exe)
{
	if (strcmp(entry->comm, comm) || !entry->exe != !exe)
		return false;
	return !exe || !strcmp(entry->exe, exe);
}

static uint32_t process_entry_find(const char *comm, const char *exe)
{
	for (uint32_t i = OWN_ENTRIES_MAX; i < table.count; i++)
		if (process_entry_is(&table.entries[i], comm, exe))
			return i;
	return table.count;
}

uint32_t process_entry_begin(const struct task_identity *identity, pid_t pid, const char *exe)
{
	uint32_t at = table.count;
	struct entry *entry;

	if (at >= OWN_ENTRIES_MAX)
		at = process_entry_find(identity->comm, exe);
	entry = &table.entries[at];
	if (at == table.count && at < ENTRIES_MAX)
		table.count++;
	if (!entry->usage.instances) {
		entry->pid = pid;
		entry->ppid = identity->ppid;
		if (at < ENTRIES_MAX) {
			memcpy(entry->comm, identity->comm, sizeof(entry->comm));
			entry->exe = exe ? strdup(exe) : NULL;
		}
	}
	entry->usage.instances++;
	return at;
}

struct usage *process_entry_usage(uint32_t entry)
{
	return &table.entries[entry].usage;
}

static void process_entry_write_process(uint32_t id, const struct entry *entry)
{
	stream_begin("process");
	stream_u64("id", id);
	stream_i64("pid", entry->pid);
	stream_i64("ppid", entry->ppid);
	stream_text("comm", entry->comm);
	stream_text("exe", entry->exe);
	(void)stream_finish();
}

static void process_entry_write_usage(uint32_t id, const struct usage *usage)
{
	stream_begin("usage");
	stream_u64("id", id);
	stream_u64("instances", usage->instances);
	stream_u64("threads", usage->threads);
	stream_u64("wall", usage->wall);
	stream_u64("stood", usage->stood);
	stream_u64("cpu", usage->cpu);
	stream_u64("runq", usage->run_queue);
	stream_u64("faultio", 0);
	stream_u64("faultother", 0);
	stream_u64("unfinishedio", 0);
	stream_u64("unfinishedother", usage->unfinished_other);
	stream_u64("minflt", usage->counters.minor_faults);
	stream_u64("majflt", usage->counters.major_faults);
	stream_u64("nvcsw", usage->counters.voluntary);
	stream_u64("nivcsw", usage->counters.involuntary);
	stream_u64("suser", 0);
	stream_u64("ssys", 0);
	stream_u64("sfault", 0);
	stream_null("fminor");
	stream_null("fmajor");
	(void)stream_finish();
}

void process_entry_write_all(void)
{
	for (uint32_t i = 0; i <= ENTRIES_MAX; i++) {
		if (!table.entries[i].usage.instances)
			continue;
		process_entry_write_process(i, &table.entries[i]);
		process_entry_write_usage(i, &table.entries[i].usage);
	}
}
