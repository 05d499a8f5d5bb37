// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* sampler: the cpu-clock that shows where CPU time goes, and a sample of the page faults. */
#define _GNU_SOURCE
#include "sampler.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"

#define CPUS_MAX 4096

/* An event of each CPU. */
struct sampler {
	int fds[CPUS_MAX];
	int count;
};

static struct sampler clocks, faults;
static uint64_t faults_since;
static bool faults_rest;

static int event_open(uint64_t event, uint64_t period, int cpu, int program_fd)
{
	struct perf_event_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = event;
	attr.sample_period = period;
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

static void events_close(struct sampler *sampler)
{
	while (sampler->count > 0)
		close(sampler->fds[--sampler->count]);
}

static int events_open(struct sampler *sampler, uint64_t event, uint64_t period, int program_fd)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < cpus && sampler->count < CPUS_MAX; cpu++) {
		int fd = event_open(event, period, cpu, program_fd);

		if (fd == -ENODEV) /* configured but offline */
			continue;
		if (fd < 0) {
			events_close(sampler);
			return fd;
		}
		sampler->fds[sampler->count++] = fd;
	}
	return sampler->count ? 0 : -ENODEV;
}

int sampler_open(int program_fd)
{
	return events_open(&clocks, PERF_COUNT_SW_CPU_CLOCK, SAMPLER_PERIOD_NS, program_fd);
}

void sampler_open_faults(int program_fd)
{
	faults_since = clock_now();
	(void)events_open(&faults, PERF_COUNT_SW_PAGE_FAULTS_MIN, SAMPLER_FAULTS, program_fd);
}

uint32_t sampler_pace_faults(uint64_t now)
{
	uint64_t interval = (now - faults_since) / SAMPLER_INTERVAL_NS;
	bool rest = interval % SAMPLER_INTERVALS;

	if (rest != faults_rest)
		for (int i = 0; i < faults.count; i++)
			(void)ioctl(faults.fds[i],
				    rest ? PERF_EVENT_IOC_DISABLE : PERF_EVENT_IOC_ENABLE, 0);
	faults_rest = rest;
	return interval ? SAMPLER_INTERVALS : 1;
}

void sampler_close(void)
{
	events_close(&faults);
	events_close(&clocks);
}
