/* calls-waiting: calls that may wait for somebody, or tell somebody something: all is settled
 * first. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "age.h"
#include "next.h"
#include "path-cache.h"
#include "process.h"
#include "report.h"
#include "settle.h"

/* Defines NAME as: count it as CALL, settle, the call itself. */
#define WAITS(type, call, name, takes, passes) \
	EXPORTED type name takes               \
	{                                      \
		SEEN(call);                    \
		settle_all();                  \
		return NEXT(name) passes;      \
	}

WAITS(int, poll, poll, (struct pollfd * set, nfds_t count, int ms), (set, count, ms))
WAITS(int, ppoll, ppoll,
      (struct pollfd * set, nfds_t count, const struct timespec *time, const sigset_t *mask),
      (set, count, time, mask))
WAITS(int, select, select,
      (int count, fd_set *reads, fd_set *writes, fd_set *others, struct timeval *time),
      (count, reads, writes, others, time))
WAITS(int, pselect, pselect,
      (int count, fd_set *reads, fd_set *writes, fd_set *others, const struct timespec *time,
       const sigset_t *mask),
      (count, reads, writes, others, time, mask))
WAITS(int, epoll_wait, epoll_wait, (int fd, struct epoll_event *events, int most, int ms),
      (fd, events, most, ms))
WAITS(int, epoll_pwait, epoll_pwait,
      (int fd, struct epoll_event *events, int most, int ms, const sigset_t *mask),
      (fd, events, most, ms, mask))
WAITS(int, epoll_pwait, epoll_pwait2,
      (int fd, struct epoll_event *events, int most, const struct timespec *time,
       const sigset_t *mask),
      (fd, events, most, time, mask))

WAITS(int, nanosleep, nanosleep, (const struct timespec *time, struct timespec *left), (time, left))
WAITS(int, clock_nanosleep, clock_nanosleep,
      (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),
      (clock, flags, time, left))
WAITS(unsigned int, clock_nanosleep, sleep, (unsigned int seconds), (seconds))
WAITS(int, clock_nanosleep, usleep, (useconds_t us), (us))
WAITS(int, pause, pause, (void), ())
WAITS(int, sigsuspend, sigsuspend, (const sigset_t *mask), (mask))
WAITS(int, sched_yield, sched_yield, (void), ())

WAITS(ssize_t, recv, recv, (int fd, void *to, size_t bytes, int flags), (fd, to, bytes, flags))
WAITS(ssize_t, recvfrom, recvfrom,
      (int fd, void *to, size_t bytes, int flags, struct sockaddr *from, socklen_t *length),
      (fd, to, bytes, flags, from, length))
WAITS(ssize_t, recvmsg, recvmsg, (int fd, struct msghdr *to, int flags), (fd, to, flags))
WAITS(int, recvmsg, recvmmsg,
      (int fd, struct mmsghdr *to, unsigned int count, int flags, struct timespec *time),
      (fd, to, count, flags, time))
WAITS(ssize_t, send, send, (int fd, const void *from, size_t bytes, int flags),
      (fd, from, bytes, flags))
WAITS(ssize_t, sendto, sendto,
      (int fd, const void *from, size_t bytes, int flags, const struct sockaddr *to,
       socklen_t length),
      (fd, from, bytes, flags, to, length))
WAITS(ssize_t, sendmsg, sendmsg, (int fd, const struct msghdr *from, int flags), (fd, from, flags))
WAITS(int, sendmsg, sendmmsg, (int fd, struct mmsghdr *from, unsigned int count, int flags),
      (fd, from, count, flags))
WAITS(int, accept, accept, (int fd, struct sockaddr *from, socklen_t *length), (fd, from, length))
WAITS(int, accept, accept4, (int fd, struct sockaddr *from, socklen_t *length, int flags),
      (fd, from, length, flags))
WAITS(int, connect, connect, (int fd, const struct sockaddr *to, socklen_t length),
      (fd, to, length))

WAITS(int, flock, flock, (int fd, int operation), (fd, operation))
WAITS(int, flock, lockf, (int fd, int operation, off_t bytes), (fd, operation, bytes))
WAITS(int, kill, kill, (pid_t pid, int signal), (pid, signal))
WAITS(int, kill, killpg, (pid_t group, int signal), (group, signal))
WAITS(int, kill, raise, (int signal), (signal))
WAITS(int, kill, pthread_kill, (pthread_t thread, int signal), (thread, signal))
WAITS(int, syscall, pthread_join, (pthread_t thread, void **result), (thread, result))
WAITS(int, syscall, sem_wait, (sem_t * semaphore), (semaphore))
WAITS(int, syscall, sem_timedwait, (sem_t * semaphore, const struct timespec *time),
      (semaphore, time))
WAITS(int, syscall, semop, (int set, struct sembuf *operations, size_t count),
      (set, operations, count))
WAITS(int, syscall, msgsnd, (int queue, const void *from, size_t bytes, int flags),
      (queue, from, bytes, flags))
WAITS(ssize_t, syscall, msgrcv, (int queue, void *to, size_t bytes, long type, int flags),
      (queue, to, bytes, type, flags))
WAITS(int, syscall, mq_send, (mqd_t queue, const char *from, size_t bytes, unsigned int priority),
      (queue, from, bytes, priority))
WAITS(ssize_t, syscall, mq_receive, (mqd_t queue, char *to, size_t bytes, unsigned int *priority),
      (queue, to, bytes, priority))

/* What moves bytes past our buffers; it may wait, and change files. */
#define MOVES(call, name, takes, passes)  \
	EXPORTED ssize_t name takes       \
	{                                 \
		SEEN(call);               \
		settle_all();             \
		path_cache_forget();      \
		return NEXT(name) passes; \
	}

MOVES(sendfile, sendfile, (int to, int from, off_t *offset, size_t bytes),
      (to, from, offset, bytes))
MOVES(splice, splice,
      (int from, off64_t *from_offset, int to, off64_t *to_offset, size_t bytes,
       unsigned int flags),
      (from, from_offset, to, to_offset, bytes, flags))
MOVES(tee, tee, (int from, int to, size_t bytes, unsigned int flags), (from, to, bytes, flags))
MOVES(splice, vmsplice, (int fd, const struct iovec *pieces, size_t count, unsigned int flags),
      (fd, pieces, count, flags))
MOVES(copy_file_range, copy_file_range,
      (int from, off64_t *from_offset, int to, off64_t *to_offset, size_t bytes,
       unsigned int flags),
      (from, from_offset, to, to_offset, bytes, flags))

/* The waits for all signals: ours must not be among them. */
#define TAKES_SIGNALS(name, takes, passes) \
	EXPORTED int name takes            \
	{                                  \
		age_give_up();             \
		settle_all();              \
		return NEXT(name) passes;  \
	}

TAKES_SIGNALS(sigwait, (const sigset_t *set, int *signal), (set, signal))
TAKES_SIGNALS(sigwaitinfo, (const sigset_t *set, siginfo_t *found), (set, found))
TAKES_SIGNALS(sigtimedwait, (const sigset_t *set, siginfo_t *found, const struct timespec *time),
	      (set, found, time))

/* A child that is waited for does not share our open files any more, and may have changed files. */
#define REAPS(call, name, takes, passes)                              \
	EXPORTED pid_t name takes                                     \
	{                                                             \
		pid_t child;                                          \
                                                                      \
		SEEN(call);                                           \
		settle_all();                                         \
		child = NEXT(name) passes;                            \
		path_cache_forget();                                  \
		if (child > 0 && (!status || process_ended(*status))) \
			process_add_children(-1);                     \
		return child;                                         \
	}

static bool process_ended(int status)
{
	return WIFEXITED(status) || WIFSIGNALED(status);
}

REAPS(wait, wait, (int *status), (status))
REAPS(waitpid, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
REAPS(wait4, wait3, (int *status, int options, struct rusage *usage), (status, options, usage))
REAPS(wait4, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
      (pid, status, options, usage))

EXPORTED int waitid(idtype_t type, id_t id, siginfo_t *found, int options)
{
	siginfo_t own = {0};
	siginfo_t *child = found ? found : &own;
	int result;

	SEEN(waitid);
	settle_all();
	result = NEXT(waitid)(type, id, child, options);
	path_cache_forget();
	if (!result && child->si_pid > 0 && !(options & WNOWAIT) &&
	    (child->si_code == CLD_EXITED || child->si_code == CLD_KILLED ||
	     child->si_code == CLD_DUMPED))
		process_add_children(-1);
	return result;
}

EXPORTED int __poll_chk(struct pollfd *set, nfds_t count, int ms, size_t room);
EXPORTED int __poll_chk(struct pollfd *set, nfds_t count, int ms, size_t room)
{
	return room / sizeof(*set) < count ? NEXT(__poll_chk)(set, count, ms, room)
					   : poll(set, count, ms);
}

EXPORTED ssize_t __recv_chk(int fd, void *to, size_t bytes, size_t room, int flags);
EXPORTED ssize_t __recv_chk(int fd, void *to, size_t bytes, size_t room, int flags)
{
	return bytes > room ? NEXT(__recv_chk)(fd, to, bytes, room, flags)
			    : recv(fd, to, bytes, flags);
}

SAME(__poll, poll)
SAME(__select, select)
SAME(__nanosleep, nanosleep)
SAME(sendfile64, sendfile)
SAME(lockf64, lockf)
SAME(__send, send)
SAME(__connect, connect)
SAME(__sched_yield, sched_yield)
SAME(__waitpid, waitpid)
SAME(__wait, wait)
