/*
 * limit: what the C side of a row says and hears. It prints "ready" when it is prepared, does its
 * work once it has read a byte, and prints its result as a line of JSON.
 */
#ifndef CROSSBILL_BENCH_LIMIT_H
#define CROSSBILL_BENCH_LIMIT_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* What a processor fetches at once: one byte of each is read to have touched all of them. */
#define LIMIT_LINE_BYTES 64u

/* Readings of both clocks, or what passed between two of them. */
struct limit {
	uint64_t ns;
	uint64_t cpu_ns;
};

static inline void limit_fail(const char *what)
{
	perror(what);
	exit(EXIT_FAILURE);
}

static inline uint64_t limit_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline size_t limit_file_bytes(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		limit_fail("fstat");
	return (size_t)status.st_size;
}

/* The sum of one byte of each line: all that the rows do with what they read. */
static inline uint64_t limit_touch(const unsigned char *bytes, size_t count)
{
	uint64_t sum = 0;

	for (size_t at = 0; at < count; at += LIMIT_LINE_BYTES)
		sum += bytes[at];
	return sum;
}

/* Waits to be told; then the time counts. */
static inline struct limit limit_begin(void)
{
	char told;

	puts("ready");
	fflush(stdout);
	if (read(STDIN_FILENO, &told, 1) != 1)
		exit(EXIT_FAILURE);
	return (struct limit){
		.ns = limit_clock(CLOCK_MONOTONIC),
		.cpu_ns = limit_clock(CLOCK_PROCESS_CPUTIME_ID),
	};
}

/* The work is done. */
static inline struct limit limit_stop(struct limit began)
{
	return (struct limit){
		.ns = limit_clock(CLOCK_MONOTONIC) - began.ns,
		.cpu_ns = limit_clock(CLOCK_PROCESS_CPUTIME_ID) - began.cpu_ns,
	};
}

/* `check` is what all ways of the row must find alike. */
static inline void limit_print(struct limit took, uint64_t units, uint64_t check)
{
	printf("{\"ns\":%" PRIu64 ",\"cpuNs\":%" PRIu64 ",\"units\":%" PRIu64 ",\"check\":%" PRIu64
	       "}\n",
	       took.ns, took.cpu_ns, units, check);
}

#endif
