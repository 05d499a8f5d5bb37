/* bus-guard: touches memory of a file's mapping without dying of SIGBUS. */
#define _GNU_SOURCE 1
#include "io/bus-guard.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>

#include "io/bus-range.h"

struct bus_guard {
	uintptr_t begin;
	uintptr_t end;
	struct bus_guard *outer;
	sigjmp_buf escape;
};

static _Thread_local struct bus_guard *bus_guard_innermost;
static struct sigaction bus_guard_earlier;
static pthread_once_t bus_guard_once = PTHREAD_ONCE_INIT;
static int bus_guard_error;

/* To whoever was here before us; the default is to die, of the fault made again or of the signal.
 */
static void bus_guard_chain(int number, siginfo_t *info, void *context)
{
	if (bus_guard_earlier.sa_flags & SA_SIGINFO) {
		bus_guard_earlier.sa_sigaction(number, info, context);
	} else if (bus_guard_earlier.sa_handler == SIG_DFL ||
		   bus_guard_earlier.sa_handler == SIG_IGN) {
		sigaction(number, &bus_guard_earlier, NULL);
		if (info->si_code <= 0)
			raise(number);
	} else {
		bus_guard_earlier.sa_handler(number);
	}
}

static void bus_guard_handle(int number, siginfo_t *info, void *context)
{
	uintptr_t address = (uintptr_t)info->si_addr;

	/* Sent by a process, a SIGBUS has no address. */
	for (struct bus_guard *guard = info->si_code > 0 ? bus_guard_innermost : NULL; guard;
	     guard = guard->outer)
		if (address >= guard->begin && address < guard->end)
			siglongjmp(guard->escape, 1);
	if (info->si_code > 0 && bus_range_mend(address))
		return;
	bus_guard_chain(number, info, context);
}

static void bus_guard_begin(void)
{
	/* SA_NODEFER: we leave by a jump that restores no mask, as saving it is a system call. */
	struct sigaction action = {
		.sa_sigaction = bus_guard_handle,
		.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	bus_guard_error = sigaction(SIGBUS, &action, &bus_guard_earlier) < 0 ? -errno : 0;
}

int bus_guard_install(void)
{
	pthread_once(&bus_guard_once, bus_guard_begin);
	return bus_guard_error;
}

bool bus_guard_run(const void *mapping, size_t bytes, void (*touch)(void *argument), void *argument)
{
	struct bus_guard guard = {
		.begin = (uintptr_t)mapping,
		.end = (uintptr_t)mapping + bytes,
		.outer = bus_guard_innermost,
	};

	if (sigsetjmp(guard.escape, 0) == 0) {
		bus_guard_innermost = &guard;
		/* Nothing of `touch` may be moved in front of the guard. */
		__asm__ volatile("" ::: "memory");
		touch(argument);
		bus_guard_innermost = guard.outer;
		return true;
	}
	bus_guard_innermost = guard.outer;
	return false;
}
