/* control.c: what the parent asks of a recorder, and the signals that reach it meanwhile. */
#define _GNU_SOURCE
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"

/* A signal to the group reaches us before the parent can have run; the rest is scheduling. */
#define SAME_SIGNAL_NS (100 * 1000000ull)
/* How often a wait is interrupted while something is pending. */
#define REPEAT_US 10000

static struct {
	int fd;
	/* "s" has been read, its signal number has not. */
	bool half;
	atomic_bool pending;
	/* When each signal last came, ns by the monotonic clock; 0 never. */
	_Atomic uint64_t last[_NSIG];
} control = {.fd = -1};

static void control_note(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	(void)info;
	(void)context;
	if (signal > 0 && signal < _NSIG)
		atomic_store(&control.last[signal], clock_now());
	errno = error;
}

/* The descriptor is readable. The wait may not have begun yet, so the timer knocks until heard. */
static void control_knock(int signal, siginfo_t *info, void *context)
{
	const struct itimerval repeat = {
		.it_interval = {.tv_usec = REPEAT_US},
		.it_value = {.tv_usec = REPEAT_US},
	};
	int error = errno;

	(void)signal;
	(void)info;
	(void)context;
	atomic_store(&control.pending, true);
	(void)setitimer(ITIMER_REAL, &repeat, NULL);
	errno = error;
}

static int control_catch(int signal, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	return sigaction(signal, &action, NULL) ? -errno : 0;
}

/* Left alone: what cannot be caught, what tells of a fault of our own, and what is ignored. */
static bool control_is_left(int signal)
{
	switch (signal) {
	case SIGKILL:
	case SIGSTOP:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGSYS:
	case SIGCHLD:
	case SIGCONT:
	case SIGURG:
	case SIGWINCH:
		return true;
	default:
		/* Between the standard and the real-time signals: the C library's own. */
		return signal > SIGSYS && signal < SIGRTMIN;
	}
}

int control_open(int fd)
{
	for (int n = 1; n <= SIGRTMAX; n++) {
		int error = control_is_left(n) ? 0 : control_catch(n, control_note);

		if (error)
			return error;
	}
	control.fd = fd;
	if (fd < 0)
		return 0;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

int control_descriptor(void)
{
	return control.fd;
}

int control_interrupt_waits(void)
{
	int error = control_catch(SIGIO, control_knock);

	if (!error)
		error = control_catch(SIGALRM, control_knock);
	if (error || control.fd < 0)
		return error;
	if (fcntl(control.fd, F_SETOWN, getpid()) < 0 ||
	    fcntl(control.fd, F_SETFL, fcntl(control.fd, F_GETFL) | O_ASYNC) < 0)
		return -errno;
	/* What came before would not be announced. */
	atomic_store(&control.pending, true);
	return 0;
}

bool control_is_pending(void)
{
	return atomic_load_explicit(&control.pending, memory_order_relaxed);
}

static void control_forward(pid_t target, unsigned char signal)
{
	uint64_t last;

	if (target <= 0 || !signal || signal >= _NSIG)
		return;
	last = atomic_load(&control.last[signal]);
	if (!last || clock_now() - last > SAME_SIGNAL_NS)
		(void)kill(target, signal);
}

enum control control_read(pid_t target)
{
	const struct itimerval off = {0};
	unsigned char byte;

	if (atomic_exchange(&control.pending, false))
		(void)setitimer(ITIMER_REAL, &off, NULL);
	while (control.fd >= 0) {
		ssize_t n = read(control.fd, &byte, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return CONTROL_NONE;
		if (n <= 0)
			return CONTROL_PARENT_GONE;
		if (control.half)
			control_forward(target, byte);
		else if (byte == 'q')
			return CONTROL_QUIT;
		control.half = !control.half && byte == 's';
	}
	return CONTROL_NONE;
}
