/* residency: how much of a file's pieces the page cache holds, as the kernel tells it. */
#define _GNU_SOURCE 1
#include "io/residency.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "io/binding.h"

#ifndef SYS_cachestat
#define SYS_cachestat 451 /* since Linux 6.5; the same number on all architectures of 64 bits */
#endif
/* Whole pages of the largest architecture; only a remainder of a page could be told wrongly. */
#define PAGE_BYTES 4096u

/* As linux/mman.h has them, which older headers lack. */
struct residency_range {
	uint64_t offset;
	uint64_t length;
};
struct residency_cache {
	uint64_t cached;
	uint64_t dirty;
	uint64_t writeback;
	uint64_t evicted;
	uint64_t recently_evicted;
};

/* 1, 0, or negative when the kernel does not say: older than 6.5, or the file is not ours. */
static int residency_by_count(int fd, uint64_t offset, uint64_t length)
{
	struct residency_range range = {offset, length};
	struct residency_cache cache = {0};
	uint64_t pages = (offset + length - 1) / PAGE_BYTES - offset / PAGE_BYTES + 1;

	if (syscall(SYS_cachestat, fd, &range, &cache, 0) < 0)
		return -errno;
	return cache.cached >= pages;
}

/* The last byte of the piece, without waiting for it: RWF_NOWAIT came with 4.14. */
static int residency_by_reading(int fd, uint64_t offset, uint64_t length)
{
	unsigned char byte;
	struct iovec into = {.iov_base = &byte, .iov_len = 1};

	if (preadv2(fd, &into, 1, (off_t)(offset + length - 1), RWF_NOWAIT) >= 0)
		return 1;
	return errno == EAGAIN ? 0 : -errno;
}

double residency_share(int fd, uint64_t size, const struct io_ranges *ranges)
{
	size_t samples = ranges->count < RESIDENCY_SAMPLES ? ranges->count : RESIDENCY_SAMPLES;
	size_t asked = 0;
	size_t resident = 0;

	for (size_t i = 0; i < samples; i++) {
		const double *pair = &ranges->pairs[i * ranges->count / samples * 2];
		uint64_t offset, length;
		int answer;

		/* As a double's conversion is undefined outside of the target's range. */
		if (!(pair[0] >= 0 && pair[0] <= IO_LARGEST_INTEGER && pair[1] >= 0 &&
		      pair[1] <= IO_LARGEST_INTEGER))
			return -EINVAL;
		offset = (uint64_t)pair[0];
		length = (uint64_t)pair[1];
		if (offset >= size || length == 0)
			continue;
		if (length > size - offset)
			length = size - offset;
		answer = residency_by_count(fd, offset, length);
		if (answer < 0)
			answer = residency_by_reading(fd, offset, length);
		if (answer < 0)
			return answer;
		asked++;
		resident += answer != 0;
	}
	return asked == 0 ? 1 : (double)resident / (double)asked;
}

/* residencyShare(fd, size, pairs): the share, or -errno; the pairs were checked by ranges.ts. */
static napi_value residency_js(napi_env env, napi_callback_info info)
{
	napi_value values[3];
	struct io_ranges ranges;
	int64_t size;
	int fd;

	if (!io_take(env, info, 3, values) || !io_take_fd(env, values[0], &fd) ||
	    !io_take_integer(env, values[1], 0, INT64_MAX, &size) ||
	    !io_take_ranges(env, values[2], &ranges))
		return NULL;
	return io_number(env, residency_share(fd, (uint64_t)size, &ranges));
}

IO_FUNCTION("residencyShare", residency_js);
