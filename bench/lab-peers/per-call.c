/*
 * per-call: the way LEBench measures (Ren et al., "An analysis of performance evolution of Linux's
 * core operations", SOSP 2019): the clock is read before and after every single call, and the mean
 * of the quickest tenth stands for it. The clock's own cost is taken off.
 *
 *   per-call read|mmap|fault
 */
#define _GNU_SOURCE 1
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CALLS 20000
#define BEST (CALLS / 10)
#define PAGE 4096u

static uint64_t samples[CALLS];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static double best_mean(void)
{
	double sum = 0;

	qsort(samples, CALLS, sizeof(samples[0]), compare);
	for (int i = 0; i < BEST; i++)
		sum += (double)samples[i];
	return sum / BEST;
}

static int file_of_a_page(void)
{
	char path[] = "/var/tmp/per-call-XXXXXX", page[PAGE];
	int fd = mkstemp(path);

	memset(page, 1, sizeof(page));
	if (fd < 0 || unlink(path) < 0 || write(fd, page, PAGE) != (ssize_t)PAGE)
		exit(1);
	return fd;
}

static void measure_clock(void)
{
	for (int i = 0; i < CALLS; i++) {
		uint64_t start = now_ns();

		samples[i] = now_ns() - start;
	}
}

static void measure_read(int fd)
{
	static char page[PAGE];

	memset(page, 1, sizeof(page));
	for (int i = 0; i < CALLS; i++) {
		uint64_t start = now_ns();

		if (pread(fd, page, PAGE, 0) != (ssize_t)PAGE)
			exit(1);
		samples[i] = now_ns() - start;
	}
}

static void measure_mmap(int fd)
{
	for (int i = 0; i < CALLS; i++) {
		uint64_t start = now_ns();
		void *memory = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

		if (memory == MAP_FAILED || munmap(memory, PAGE) < 0)
			exit(1);
		samples[i] = now_ns() - start;
	}
}

static void measure_fault(void)
{
	char *memory = mmap(NULL, (size_t)CALLS * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, (size_t)CALLS * PAGE, MADV_NOHUGEPAGE) < 0)
		exit(1);
	for (int i = 0; i < CALLS; i++) {
		uint64_t start = now_ns();

		((volatile char *)memory)[(size_t)i * PAGE] = 1;
		samples[i] = now_ns() - start;
	}
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	double clock;

	measure_clock();
	clock = best_mean();
	if (strcmp(what, "read") == 0)
		measure_read(file_of_a_page());
	else if (strcmp(what, "mmap") == 0)
		measure_mmap(file_of_a_page());
	else if (strcmp(what, "fault") == 0)
		measure_fault();
	else
		return 2;
	printf("%.1f\n", best_mean() - clock);
	return 0;
}
