/* calls-process: becoming another program, starting one, ending. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "age.h"
#include "fatal.h"
#include "next.h"
#include "path-cache.h"
#include "process.h"
#include "report.h"
#include "settle.h"
#include "stream.h"
#include "sync-group.h"

/* Arguments of execl and its kin, at most; a longer list than the kernel's would fail anyway. */
#define PROCESS_ARGUMENTS_MAX 4096

static void process_before_exec(void)
{
	SEEN(execve);
	if (process_is_ours()) {
		settle_finally();
		sync_group_finish();
		age_before_exec();
	}
	process_leave_vfork(true);
}

/* Defines NAME as: nothing of ours is left, the call itself, which comes back only when it fails.
 */
#define BECOMES(name, takes, passes)        \
	EXPORTED int name takes             \
	{                                   \
		int result;                 \
                                            \
		process_before_exec();      \
		result = NEXT(name) passes; \
		process_leave_vfork(false); \
		return result;              \
	}

BECOMES(execve, (const char *path, char *const arguments[], char *const environment[]),
	(path, arguments, environment))
BECOMES(execv, (const char *path, char *const arguments[]), (path, arguments))
BECOMES(execvp, (const char *file, char *const arguments[]), (file, arguments))
BECOMES(execvpe, (const char *file, char *const arguments[], char *const environment[]),
	(file, arguments, environment))
BECOMES(fexecve, (int fd, char *const arguments[], char *const environment[]),
	(fd, arguments, environment))
BECOMES(execveat,
	(int folder, const char *path, char *const arguments[], char *const environment[],
	 int flags),
	(folder, path, arguments, environment, flags))

/* The list up to its NULL; `list` then stands behind it. */
static bool process_list(char *arguments[], const char *first, va_list *list)
{
	size_t count = 0;

	arguments[count] = (char *)(uintptr_t)first;
	while (arguments[count] && ++count < PROCESS_ARGUMENTS_MAX)
		arguments[count] = va_arg(*list, char *);
	if (count < PROCESS_ARGUMENTS_MAX)
		return true;
	errno = E2BIG;
	return false;
}

EXPORTED int execl(const char *path, const char *first, ...)
{
	char *arguments[PROCESS_ARGUMENTS_MAX];
	va_list list;
	bool fits;

	va_start(list, first);
	fits = process_list(arguments, first, &list);
	va_end(list);
	return fits ? execv(path, arguments) : -1;
}

EXPORTED int execlp(const char *file, const char *first, ...)
{
	char *arguments[PROCESS_ARGUMENTS_MAX];
	va_list list;
	bool fits;

	va_start(list, first);
	fits = process_list(arguments, first, &list);
	va_end(list);
	return fits ? execvp(file, arguments) : -1;
}

EXPORTED int execle(const char *path, const char *first, ...)
{
	char *arguments[PROCESS_ARGUMENTS_MAX];
	char **environment;
	va_list list;
	bool fits;

	va_start(list, first);
	fits = process_list(arguments, first, &list);
	environment = fits ? va_arg(list, char **) : NULL;
	va_end(list);
	return fits ? execve(path, arguments, environment) : -1;
}

static void process_before_spawn(void)
{
	SEEN(vfork);
	settle_finally();
	path_cache_forget();
}

EXPORTED int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			 const posix_spawnattr_t *attributes, char *const arguments[],
			 char *const environment[])
{
	int error;

	process_before_spawn();
	error = NEXT(posix_spawn)(pid, path, actions, attributes, arguments, environment);
	if (!error)
		process_add_children(1);
	return error;
}

EXPORTED int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attributes, char *const arguments[],
			  char *const environment[])
{
	int error;

	process_before_spawn();
	error = NEXT(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
	if (!error)
		process_add_children(1);
	return error;
}

EXPORTED int system(const char *command)
{
	process_before_spawn();
	return NEXT(system)(command);
}

EXPORTED FILE *popen(const char *command, const char *type)
{
	FILE *stream;

	process_before_spawn();
	stream = NEXT(popen)(command, type);
	if (stream) {
		process_add_children(1);
		stream_stand_down(NEXT(fileno)(stream));
	}
	return stream;
}

EXPORTED int pclose(FILE *stream)
{
	int result;

	settle_all();
	stream_forget(NEXT(fileno)(stream));
	result = NEXT(pclose)(stream);
	path_cache_forget();
	if (result >= 0)
		process_add_children(-1);
	return result;
}

EXPORTED _Noreturn void _exit(int status)
{
	SEEN(_exit);
	process_end();
	process_leave_vfork(true);
	NEXT(_exit)(status);
	__builtin_unreachable();
}

EXPORTED _Noreturn void _Exit(int status)
{
	_exit(status);
}

/* Signals: ours stay out of the program's sight, and its own come before ours. */

EXPORTED int sigaction(int signal, const struct sigaction *action, struct sigaction *previous)
{
	SEEN(sigaction);
	if (!process_is_ours())
		return NEXT(sigaction)(signal, action, previous);
	if (signal == AGE_SIGNAL && action)
		age_give_up();
	return fatal_sigaction(signal, action, previous);
}

EXPORTED sighandler_t signal(int number, sighandler_t handler)
{
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct sigaction previous;

	sigemptyset(&action.sa_mask);
	if (sigaction(number, &action, &previous))
		return SIG_ERR;
	return previous.sa_handler;
}

/* A system call by its number: we cannot know what it does to what we hold. */
EXPORTED long syscall(long number, ...)
{
	/* It may close, duplicate or open any descriptor. */
	bool forgets = number != SYS_gettid && number != SYS_futex && number != SYS_getrandom;
	long argument[6];
	va_list list;
	long result;

	SEEN(syscall);
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		argument[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_exit_group)
		process_end();
	/* What is forgotten below has to be out, even when a pipe is full. */
	if (forgets)
		settle_finally();
	else
		settle_all();
	path_cache_forget();
	result = NEXT(syscall)(number, argument[0], argument[1], argument[2], argument[3],
			       argument[4], argument[5]);
	if (forgets)
		stream_forget_all();
	return result;
}

#if defined(__x86_64__)
/* Returns twice on the caller's own stack, so nothing of ours may be on it: jump, do not call. */
__asm__(".pushsection .text\n"
	".globl vfork\n"
	".type vfork, @function\n"
	"vfork:\n"
	"	subq $8, %rsp\n"
	"	call process_before_vfork\n"
	"	addq $8, %rsp\n"
	"	jmp *%rax\n"
	".size vfork, . - vfork\n"
	".popsection\n");
#else
#error "vfork needs a jump of this machine's own"
#endif

SAME(__sigaction, sigaction)
SAME(bsd_signal, signal)
