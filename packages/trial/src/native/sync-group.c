/* sync-group: the descriptors whose last fsync was only promised. */
#define _GNU_SOURCE
#include "sync-group.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

#include "fixes.h"
#include "next.h"
#include "process.h"
#include "report.h"
#include "stream.h"

/* So long may a promise stand; databases that group commits wait about as long. */
#define SYNC_GROUP_NS INT64_C(100000000)

static int64_t synced_ns[STREAM_DESCRIPTORS];
static bool put_off[STREAM_DESCRIPTORS];

bool sync_group_puts_off(int fd)
{
	int64_t now = fixes_now_ns();

	if (!fixes.syncs || !process_is_ours() || fd < 0 || fd >= STREAM_DESCRIPTORS)
		return false;
	if (synced_ns[fd] && now - synced_ns[fd] < SYNC_GROUP_NS) {
		if (!__atomic_exchange_n(&put_off[fd], true, __ATOMIC_RELAXED))
			report_add(FACT_syncs_put_off, 1);
		return true;
	}
	synced_ns[fd] = now;
	if (__atomic_exchange_n(&put_off[fd], false, __ATOMIC_RELAXED))
		report_add(FACT_syncs_put_off, -1);
	return false;
}

void sync_group_settle(int fd)
{
	int error = errno;

	if (!process_is_ours() || fd < 0 || fd >= STREAM_DESCRIPTORS)
		return;
	synced_ns[fd] = 0;
	if (!__atomic_exchange_n(&put_off[fd], false, __ATOMIC_RELAXED))
		return;
	report_add(FACT_syncs_put_off, -1);
	report_add(FACT_crossed, 1);
	if (next_kernel(SYS_fsync, (long)fd))
		report_add(FACT_late_errors, 1);
	errno = error;
}

void sync_group_finish(void)
{
	if (!fixes.syncs)
		return;
	for (int fd = 0; fd < STREAM_DESCRIPTORS; fd++)
		sync_group_settle(fd);
}

void sync_group_after_fork(void)
{
	for (int fd = 0; fd < STREAM_DESCRIPTORS; fd++)
		put_off[fd] = false;
}
