/* monitor: what may watch the system calls of a process. */
#define _GNU_SOURCE 1
#include "monitor.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "call-filter.h"
#include "empty-hook.h"
#include "mechanism.h"
#include "user-dispatch.h"
#include "watcher.h"

#define FD_VARIABLE "CROSSBILL_MONITOR_FD"
#define DISPATCH_VARIABLE "CROSSBILL_MONITOR_DISPATCH"
#define LIBRARY "crossbill-preload.so"
#define ARGUMENTS_MAX 4096u

/* In the order of enum monitor_kind. */
static const char *const kinds[] = {
	"nothing",  "seccomp-number", "seccomp-argument", "ebpf-one", "ebpf-pair", "preload",
	"dispatch", "notify",	      "ptrace-seccomp",	  "ptrace",   NULL};
static const char *const placings[] = {"one", "two", NULL};

static int monitor_refused(const char *what, int error)
{
	mechanism_refused(what);
	return error;
}

/* Keeps this process where it is. Writes the CPU for a watcher. Returns 0 or -errno. */
static int monitor_place(bool is_apart, unsigned int *watcher_cpu)
{
	cpu_set_t allowed;
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0 || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return -errno;
	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		return -errno;
	*watcher_cpu = (unsigned int)cpu;
	for (unsigned int other = 0; is_apart && other < CPU_SETSIZE; other++) {
		if (other == (unsigned int)cpu || !CPU_ISSET(other, &allowed))
			continue;
		*watcher_cpu = other;
		return 0;
	}
	return is_apart ? monitor_refused("a second CPU", -ENODEV) : 0;
}

/* Memory for all sides; programs that are started later find it by the environment. */
static int monitor_share(struct monitor *self)
{
	const char *given = getenv(FD_VARIABLE);
	char text[16];
	void *memory;
	int fd = given ? atoi(given) : memfd_create("crossbill-monitor", 0);

	if (fd < 0)
		return -errno;
	if (!given && ftruncate(fd, sizeof(*self->shared)) < 0)
		return -errno;
	memory = mmap(NULL, sizeof(*self->shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	self->shared = memory;
	self->shared->listener = -1;
	snprintf(text, sizeof(text), "%d", fd);
	return setenv(FD_VARIABLE, text, 1) < 0 ? -errno : 0;
}

/* Starts this program again, with the same arguments; returns only when that fails. */
static int monitor_start_again(void)
{
	static char text[ARGUMENTS_MAX];
	char *arguments[PARAMETERS_MAX + 8] = {0};
	size_t count = 0;
	size_t length;
	FILE *file = fopen("/proc/self/cmdline", "re");

	if (!file)
		return -errno;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	for (size_t at = 0; at < length && count < PARAMETERS_MAX + 7; at += strlen(text + at) + 1)
		arguments[count++] = text + at;
	execv("/proc/self/exe", arguments);
	return -errno;
}

/* The library stands beside this program. */
static int monitor_preload(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - sizeof(LIBRARY));
	char *name;

	if (length < 0)
		return -errno;
	path[length] = 0;
	name = strrchr(path, '/');
	memcpy(name ? name + 1 : path, LIBRARY, sizeof(LIBRARY));
	if (access(path, R_OK) < 0)
		return monitor_refused(LIBRARY " (not built?)", -errno);
	return setenv("LD_PRELOAD", path, 1) < 0 ? -errno : 0;
}

static int monitor_open_preload(bool is_for_programs)
{
	bool is_there = dlsym(RTLD_DEFAULT, "crossbill_preload_counts");
	int error;

	if (is_there && !is_for_programs)
		return 0;
	/* Started again with it, and still it is not there: a loader that does without. */
	if (getenv("LD_PRELOAD") && strstr(getenv("LD_PRELOAD"), LIBRARY))
		return monitor_refused("LD_PRELOAD", -ENOEXEC);
	error = monitor_preload();
	return error || is_for_programs ? error : monitor_start_again();
}

static int monitor_open_dispatch(struct monitor *self, bool is_for_programs)
{
	int error;

	/* A new program begins without it; the library puts it on again. */
	if (is_for_programs)
		return setenv(DISPATCH_VARIABLE, "1", 1) < 0 ? -errno : monitor_preload();
	error = user_dispatch_open(&self->shared->seen);
	return error ? monitor_refused("syscall user dispatch (x86, Linux 5.11)", error) : 0;
}

static int monitor_open_hooks(struct monitor *self, bool counts_runs)
{
	static const char *const tracepoints[MONITOR_HOOKS] = {"sys_exit", "sys_enter"};
	int hooks = self->kind == MONITOR_EBPF_PAIR ? 2 : 1;

	self->program = empty_hook_load();
	if (self->program < 0)
		return monitor_refused("an eBPF program (CAP_BPF, CAP_PERFMON)", self->program);
	if (counts_runs)
		self->statistics = empty_hook_count_runs();
	for (int hook = 0; hook < hooks; hook++) {
		self->hooks[hook] = empty_hook_attach(self->program, tracepoints[hook]);
		if (self->hooks[hook] < 0)
			return monitor_refused("a raw tracepoint of system calls",
					       self->hooks[hook]);
	}
	return 0;
}

static int monitor_open_watcher(struct monitor *self, unsigned int cpu)
{
	int error = watcher_start(self->shared, self->kind, cpu);
	int listener = -1;

	if (error)
		return error;
	if (self->kind == MONITOR_NOTIFY) {
		listener = call_filter_notify();
		if (listener < 0)
			return monitor_refused("seccomp user notification (Linux 5.0)", listener);
		/* From here on every call waits for the watcher, which needs this to begin. */
		__atomic_store_n(&self->shared->listener, listener, __ATOMIC_RELEASE);
	}
	error = watcher_wait(self->shared);
	if (self->kind == MONITOR_NOTIFY)
		close(listener); /* Without any listener calls fail, with a dead one they hang. */
	if (error)
		return monitor_refused("watching a process (kernel.yama.ptrace_scope?)", error);
	if (self->kind == MONITOR_PTRACE_SECCOMP)
		error = call_filter_trace();
	return error ? monitor_refused("a seccomp filter", error) : 0;
}

static int monitor_install(struct monitor *self, bool is_for_programs, bool counts_runs,
			   unsigned int watcher_cpu)
{
	int error = 0;

	switch (self->kind) {
	case MONITOR_NOTHING:
		return 0;
	case MONITOR_SECCOMP_NUMBER:
	case MONITOR_SECCOMP_ARGUMENT:
		error = call_filter_allow(self->kind == MONITOR_SECCOMP_ARGUMENT);
		return error ? monitor_refused("a seccomp filter", error) : 0;
	case MONITOR_EBPF_ONE:
	case MONITOR_EBPF_PAIR:
		return monitor_open_hooks(self, counts_runs);
	case MONITOR_PRELOAD:
		return monitor_open_preload(is_for_programs);
	case MONITOR_DISPATCH:
		return monitor_open_dispatch(self, is_for_programs);
	case MONITOR_NOTIFY:
	case MONITOR_PTRACE_SECCOMP:
	case MONITOR_PTRACE:
		return monitor_open_watcher(self, watcher_cpu);
	}
	return -EINVAL;
}

int monitor_open(struct monitor *self, struct parameters *parameters, bool is_for_programs)
{
	bool is_apart = parameter_choice(parameters, "cpus", placings) == 1;
	bool counts_runs = parameter_number(parameters, "runs", 0) == 1;
	unsigned int watcher_cpu = 0;
	int error;

	*self = (struct monitor){.program = -1, .hooks = {-1, -1}, .statistics = -1};
	self->kind = (enum monitor_kind)parameter_choice(parameters, "under", kinds);
	/* Nothing is put upon a process that then is told it asked for something else. */
	if (parameters_unfit(parameters))
		return monitor_refused(parameters_unfit(parameters), -EINVAL);
	error = monitor_place(is_apart, &watcher_cpu);
	if (!error)
		error = monitor_share(self);
	if (!error)
		error = monitor_install(self, is_for_programs, counts_runs, watcher_cpu);
	if (error)
		monitor_close(self);
	return error;
}

void monitor_close(struct monitor *self)
{
	int all[] = {self->program, self->hooks[0], self->hooks[1], self->statistics};

	for (size_t at = 0; at < sizeof(all) / sizeof(all[0]); at++)
		if (all[at] >= 0)
			close(all[at]);
	/* The watcher is needed until the very last call, and ends after it. */
}

void monitor_begin(struct monitor *self)
{
	if (self->kind == MONITOR_DISPATCH)
		user_dispatch_begin();
}

void monitor_end(struct monitor *self)
{
	if (self->kind == MONITOR_DISPATCH)
		user_dispatch_end();
}

bool monitor_counts(const struct monitor *self)
{
	return self->kind >= MONITOR_PRELOAD;
}

uint64_t monitor_seen(const struct monitor *self)
{
	uint64_t runs = 0;

	if (self->statistics >= 0 && empty_hook_runs(self->program, &runs) == 0)
		return runs;
	return __atomic_load_n(&self->shared->seen, __ATOMIC_RELAXED);
}

int monitor_switches(struct monitor *self, uint64_t *count)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage) < 0)
		return -errno;
	*count = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
	*count += self->shared->watcher_switches;
	return 0;
}
