/* task-files.c: what /proc says of one task. */
#define _GNU_SOURCE
#include "task-files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* /proc/TID/status is the longest of them: about 1.5 KiB, more with many CPUs and groups. */
#define TEXT_SIZE 8192
#define DELETED " (deleted)"

/* Reads the beginning of a file as a terminated text. Returns its length or -errno. */
static ssize_t task_read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int error;

	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	error = errno;
	close(fd);
	if (n < 0)
		return -error;
	text[n] = 0;
	return n;
}

int task_open_times(pid_t tid)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/schedstat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int task_read_times(int fd, pid_t tid, struct task_times *times)
{
	char text[96], *at = text;
	int once = fd < 0 ? task_open_times(tid) : fd;
	ssize_t n;

	if (once < 0)
		return once;
	n = pread(once, text, sizeof(text) - 1, 0);
	if (fd < 0)
		close(once);
	if (n <= 0)
		return -ESRCH;
	text[n] = 0;
	times->cpu = strtoull(at, &at, 10);
	times->delay = strtoull(at, &at, 10);
	times->slices = strtoull(at, &at, 10);
	return 0;
}

/* What follows `label` at the beginning of a line; "" when there is no such line. */
static const char *task_find(const char *text, const char *label)
{
	size_t length = strlen(label);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, label, length))
			return line + length;
	}
	return "";
}

/* 0 when there is no such line. */
static uint64_t task_find_number(const char *text, const char *label)
{
	return strtoull(task_find(text, label), NULL, 10);
}

/* "State:\tZ (zombie)" and "State:\tX (dead)". */
static bool task_state_is_ended(const char *text)
{
	const char *state = task_find(text, "State:\t");

	return *state == 'Z' || *state == 'X';
}

int task_read_call(pid_t tid)
{
	char path[64], text[256], *end;
	long nr;

	/* "230 0x0 ...", or "running". */
	(void)snprintf(path, sizeof(path), "/proc/%d/syscall", tid);
	if (task_read_text(path, text, sizeof(text)) < 0)
		return -1;
	nr = strtol(text, &end, 10);
	return end != text && nr >= 0 && nr < INT_MAX ? (int)nr : -1;
}

bool task_sleeps(pid_t tgid, pid_t tid)
{
	char path[64], text[TEXT_SIZE];
	const char *state;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", tgid, tid);
	if (task_read_text(path, text, sizeof(text)) < 0)
		return false;
	state = task_find(text, "State:\t");
	return *state == 'S' || *state == 'D';
}

int task_read_counters(pid_t tgid, pid_t tid, struct task_counters *counters)
{
	char path[64], text[TEXT_SIZE];
	const char *at;
	ssize_t n;

	/* Only the file below task/ speaks of one thread; /proc/TID/stat sums the whole process. */
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", tgid, tid);
	n = task_read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* The name may hold anything, parentheses and spaces too; field 3 follows the last ")". */
	at = strrchr(text, ')');
	if (!at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &counters->minor_faults,
		   &counters->major_faults) != 2)
		return -EPROTO;
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", tgid, tid);
	n = task_read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	counters->voluntary = task_find_number(text, "voluntary_ctxt_switches:");
	counters->involuntary = task_find_number(text, "nonvoluntary_ctxt_switches:");
	return 0;
}

int task_read_identity(pid_t tid, struct task_identity *identity)
{
	char path[64], text[TEXT_SIZE];
	ssize_t n;

	memset(identity, 0, sizeof(*identity));
	(void)snprintf(path, sizeof(path), "/proc/%d/status", tid);
	n = task_read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	identity->tgid = (pid_t)task_find_number(text, "Tgid:");
	identity->ppid = (pid_t)task_find_number(text, "PPid:");
	identity->tracer = (pid_t)task_find_number(text, "TracerPid:");
	identity->has_ended = task_state_is_ended(text);
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", tid);
	n = task_read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	/* The kernel ends it with a newline; the name itself may hold others. */
	if (n > 0)
		n--;
	if (n >= COMM_SIZE)
		n = COMM_SIZE - 1;
	memcpy(identity->comm, text, (size_t)n);
	return identity->tgid > 0 ? 0 : -ESRCH;
}

ssize_t task_read_exe(pid_t tid, char *path, size_t size)
{
	const size_t mark = sizeof(DELETED) - 1;
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/%d/exe", tid);
	n = readlink(link, path, size - 1);
	if (n < 0)
		return -errno;
	if ((size_t)n > mark && !memcmp(path + n - mark, DELETED, mark))
		n -= (ssize_t)mark;
	path[n] = 0;
	return n;
}

int task_read_position(pid_t tid, int fd, uint64_t *position)
{
	char path[64], text[512];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", tid, fd);
	n = task_read_text(path, text, sizeof(text));
	if (n < 0)
		return (int)n;
	if (strncmp(text, "pos:", 4))
		return -EPROTO;
	*position = strtoull(text + 4, NULL, 10);
	return 0;
}
