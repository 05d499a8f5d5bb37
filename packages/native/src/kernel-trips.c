/* kernel-trips: the kernel's network polling in this process's name, counted by its tracepoint. */
#define _GNU_SOURCE 1
#include "kernel-trips.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mechanism.h"

static const char *const places[] = {"/sys/kernel/tracing/events/napi/napi_poll/id",
				     "/sys/kernel/debug/tracing/events/napi/napi_poll/id"};

static int kernel_trips_tracepoint(unsigned long long *id)
{
	for (unsigned int at = 0; at < sizeof(places) / sizeof(places[0]); at++) {
		FILE *file = fopen(places[at], "re");
		int read;

		if (!file)
			continue;
		read = fscanf(file, "%llu", id);
		fclose(file);
		if (read == 1)
			return 0;
	}
	return -EACCES;
}

int kernel_trips_open(void)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
	};
	unsigned long long id;
	int error = kernel_trips_tracepoint(&id);
	long fd;

	if (error) {
		mechanism_refused("the tracepoint napi:napi_poll (tracefs, root?)");
		return error;
	}
	attributes.config = id;
	fd = syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		return (int)fd;
	error = -errno;
	mechanism_refused("perf_event_open (kernel.perf_event_paranoid?)");
	return error;
}

int kernel_trips_read(int fd, uint64_t *trips)
{
	ssize_t got = read(fd, trips, sizeof(*trips));

	if (got < 0)
		return -errno;
	return got == sizeof(*trips) ? 0 : -EIO;
}
