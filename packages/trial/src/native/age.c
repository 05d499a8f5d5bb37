/* age: a timer of the process, set while something is held, and the handler of its signal. */
#define _GNU_SOURCE
#include "age.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "fatal.h"
#include "fixes.h"
#include "next.h"
#include "report.h"
#include "settle.h"

enum age_state { AGE_UNKNOWN, AGE_READY, AGE_REFUSED };

static enum age_state state;
static int timer; /* the kernel's number of it */
static bool running;

static void age_set(int64_t ns)
{
	const struct itimerspec when = {.it_value.tv_nsec = ns};

	next_kernel(SYS_timer_settime, timer, 0L, &when, NULL);
	report_add(FACT_crossed, 1);
}

static void age_reached(int signal)
{
	int error = errno;

	(void)signal;
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	if (!settle_what_can())
		age_start();
	errno = error;
}

static bool age_open(void)
{
	struct sigaction action = {.sa_handler = age_reached, .sa_flags = SA_RESTART | SA_ONSTACK};
	struct sigaction previous;
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = AGE_SIGNAL};

	if (NEXT(sigaction)(AGE_SIGNAL, NULL, &previous) || previous.sa_handler != SIG_DFL)
		return previous.sa_handler == age_reached;
	sigfillset(&action.sa_mask);
	if (next_kernel(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer))
		return false;
	return !NEXT(sigaction)(AGE_SIGNAL, &action, NULL);
}

bool age_is_ready(void)
{
	static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;
	int error = errno;

	if (state == AGE_UNKNOWN && !pthread_mutex_trylock(&opening)) {
		state = age_open() && fatal_arm() ? AGE_READY : AGE_REFUSED;
		pthread_mutex_unlock(&opening);
	}
	errno = error;
	return state == AGE_READY;
}

void age_start(void)
{
	if (!__atomic_exchange_n(&running, true, __ATOMIC_ACQ_REL))
		age_set(FIXES_AGE_NS);
}

void age_give_up(void)
{
	settle_held();
	state = AGE_REFUSED;
}

void age_before_exec(void)
{
	const struct timespec now = {0};
	sigset_t ours;

	if (state == AGE_UNKNOWN)
		return;
	age_set(0);
	__atomic_store_n(&running, false, __ATOMIC_RELEASE);
	sigemptyset(&ours);
	sigaddset(&ours, AGE_SIGNAL);
	next_kernel(SYS_rt_sigtimedwait, &ours, NULL, &now, 8L);
}

/* Timers are not inherited, handlers are. */
void age_after_fork(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = AGE_SIGNAL};

	running = false;
	if (state == AGE_READY && next_kernel(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer))
		state = AGE_REFUSED;
}
