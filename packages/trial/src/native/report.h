/* report.h: what this library did, in memory that outlives the program. */
#ifndef CROSSBILL_LIVE_REPORT_H
#define CROSSBILL_LIVE_REPORT_H

#include <stdint.h>

/* Calls that are counted: each would cross once without us. */
/* clang-format off */
#define REPORT_CALLS(X) \
	X(read) X(write) X(readv) X(writev) X(pread) X(pwrite) X(preadv) X(pwritev) \
	X(lseek) X(open) X(openat) X(creat) X(close) X(close_range) X(dup) X(dup2) \
	X(dup3) X(pipe) X(fcntl) X(ioctl) X(stat) X(lstat) X(fstat) X(fstatat) \
	X(statx) X(access) X(faccessat) X(readlink) X(fsync) X(fdatasync) X(sync) \
	X(ftruncate) X(truncate) X(fallocate) X(sendfile) X(splice) X(tee) \
	X(copy_file_range) X(mmap) X(poll) X(ppoll) X(select) X(pselect) \
	X(epoll_wait) X(epoll_pwait) X(nanosleep) X(clock_nanosleep) X(pause) \
	X(sigsuspend) X(wait) X(waitpid) X(waitid) X(wait4) X(recv) X(recvfrom) \
	X(recvmsg) X(send) X(sendto) X(sendmsg) X(accept) X(connect) X(flock) \
	X(rename) X(unlink) X(mkdir) X(rmdir) X(link) X(symlink) X(chmod) X(fchmod) \
	X(chown) X(fchown) X(utimensat) X(chdir) X(kill) X(sched_yield) X(fork) \
	X(vfork) X(execve) X(_exit) X(sigaction) X(syscall) X(socket)
/* clang-format on */

#define REPORT_ENUM(name) CALL_##name,
enum report_call { REPORT_CALLS(REPORT_ENUM) REPORT_CALLS_MAX };

/* One of the records of which the file is made; live-report.ts reads them by their names. */
struct report_record {
	char name[32];
	uint64_t seen;	   /* calls of the program */
	uint64_t absorbed; /* of them, those that were answered without a crossing */
};

/* Facts beside the calls, in the records after them. */
#define REPORT_FACTS(X)                                                                            \
	X(processes)                                                                               \
	X(crossed)	 /* beside the program's own: flushes, positions, timers */                \
	X(held_bytes)	 /* written by the program and not yet by us, now */                       \
	X(late_errors)	 /* writes that failed after the program had been told that they worked */ \
	X(syncs_put_off) /* fsyncs that are answered and not yet done, now */

#define REPORT_FACT_ENUM(name) FACT_##name,
enum report_fact {
	REPORT_FIRST_FACT = REPORT_CALLS_MAX - 1,
	REPORT_FACTS(REPORT_FACT_ENUM) REPORT_RECORDS
};

void report_open(void);
void report_add(unsigned int record, int64_t amount);
void report_absorb(enum report_call call);

/* Every wrapper begins with it. */
#define SEEN(name) report_add(CALL_##name, 1)

#endif
