// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* sampler: the cpu-clock that shows where CPU time goes. */
#define _GNU_SOURCE
#include "sampler.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CPUS_MAX 4096

static int clocks[CPUS_MAX];
static int clock_count;

static int clock_open(int cpu, int program_fd)
{
	struct perf_event_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_CPU_CLOCK;
	attr.sample_period = SAMPLER_PERIOD_NS;
	fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl((int)fd, PERF_EVENT_IOC_SET_BPF, program_fd)) {
		int error = -errno;

		close((int)fd);
		return error;
	}
	return (int)fd;
}

int sampler_open(int program_fd)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < cpus && clock_count < CPUS_MAX; cpu++) {
		int fd = clock_open(cpu, program_fd);

		if (fd == -ENODEV) /* configured but offline */
			continue;
		if (fd < 0) {
			sampler_close();
			return fd;
		}
		clocks[clock_count++] = fd;
	}
	return clock_count ? 0 : -ENODEV;
}

void sampler_close(void)
{
	while (clock_count > 0)
		close(clocks[--clock_count]);
}
