// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* sampler: the cpu-clock that shows where CPU time goes. */
#define _GNU_SOURCE
#include "sampler.h"

#include <dirent.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int sampler_open(pid_t tid, int program_fd)
{
	struct perf_event_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_CPU_CLOCK;
	attr.sample_period = SAMPLER_PERIOD_NS;
	attr.inherit = 1;
	fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl((int)fd, PERF_EVENT_IOC_SET_BPF, program_fd)) {
		int error = -errno;

		close((int)fd);
		return error;
	}
	return (int)fd;
}

void sampler_open_all(pid_t pid, int program_fd)
{
	char path[40];
	struct dirent *entry;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	if (!tasks)
		return;
	while ((entry = readdir(tasks)) != NULL) {
		long tid = strtol(entry->d_name, NULL, 10);

		if (tid > 0)
			(void)sampler_open((pid_t)tid, program_fd);
	}
	closedir(tasks);
}
