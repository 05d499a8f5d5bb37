/* fatal: handlers of the signals that kill by default; they let go of what is held, then die. */
#define _GNU_SOURCE
#include "fatal.h"

#include <errno.h>
#include <sys/syscall.h>

#include "next.h"
#include "process.h"
#include "settle.h"

static const int signals[] = {SIGHUP,  SIGINT,	SIGQUIT,   SIGILL,  SIGTRAP, SIGABRT,
			      SIGBUS,  SIGFPE,	SIGUSR1,   SIGSEGV, SIGUSR2, SIGPIPE,
			      SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM,
			      SIGPROF, SIGIO,	SIGPWR,	   SIGSYS};

static bool armed;
static _Thread_local int due __attribute__((tls_model("initial-exec")));
static _Thread_local bool flushing __attribute__((tls_model("initial-exec")));

static bool fatal_kills(int signal)
{
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i] == signal)
			return true;
	return false;
}

/* Of the signal itself, so that whoever waits for us sees the same end. */
static void fatal_die(int signal)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t own;

	settle_finally();
	NEXT(sigaction)(signal, &standard, NULL);
	sigemptyset(&own);
	sigaddset(&own, signal);
	next_kernel(SYS_tgkill, next_kernel(SYS_getpid), next_kernel(SYS_gettid), (long)signal);
	NEXT(pthread_sigmask)(SIG_UNBLOCK, &own, NULL);
}

/* Held bytes that this thread is writing just now are written first, unless it is told twice. */
static void fatal_signal(int signal)
{
	int error = errno;

	if (flushing && !due) {
		due = signal;
		errno = error;
		return;
	}
	fatal_die(signal);
}

static const struct sigaction ours = {.sa_handler = fatal_signal, .sa_flags = SA_ONSTACK};

static bool fatal_is_default(const struct sigaction *action)
{
	return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_DFL;
}

bool fatal_arm(void)
{
	armed = true;
	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction now;

		if (NEXT(sigaction)(signals[i], NULL, &now))
			return false;
		if (fatal_is_default(&now) && NEXT(sigaction)(signals[i], &ours, NULL))
			return false;
	}
	return true;
}

int fatal_sigaction(int signal, const struct sigaction *action, struct sigaction *previous)
{
	struct sigaction before;
	int result;

	if (armed && action && fatal_kills(signal) && fatal_is_default(action))
		action = &ours;
	result = NEXT(sigaction)(signal, action, &before);
	if (result)
		return result;
	if (!(before.sa_flags & SA_SIGINFO) && before.sa_handler == fatal_signal)
		before = (struct sigaction){.sa_handler = SIG_DFL};
	if (previous)
		*previous = before;
	return 0;
}

void fatal_flushing(bool is)
{
	flushing = is;
}

bool fatal_is_due(void)
{
	return due;
}

void fatal_die_if_due(void)
{
	int signal = due;

	if (!signal)
		return;
	due = 0;
	fatal_die(signal);
}
