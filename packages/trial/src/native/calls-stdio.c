/*
 * calls-stdio: the C library's streams make their system calls inside it, unseen. Before one first
 * writes to a descriptor, what we hold for it goes out, and from then on it is the stream's.
 */
#define _GNU_SOURCE
/* No bodies in the headers for the functions that are defined here. */
#define __NO_INLINE__ 1
#include <dirent.h>
#include <err.h>
#include <error.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>
#include <wchar.h>

#include "next.h"
#include "path-cache.h"
#include "process.h"
#include "report.h"
#include "settle.h"
#include "stream.h"
#include "sync-group.h"

static bool stdio_has[3];

static void stdio_takes(int fd)
{
	if (fd < 0 || !process_is_ours())
		return;
	if (fd < 3 && stdio_has[fd])
		return;
	settle_one(fd);
	stream_stand_down(fd);
	if (fd < 3)
		stdio_has[fd] = true;
}

/* Only the standard ones: of another stream the program gets the descriptor from fileno alone. For
 * every character, so past the function that tells the number. */
static void stdio_meets(FILE *stream)
{
	unsigned int fd = stream ? (unsigned int)stream->_fileno : 3;

	if (fd < 3 && !stdio_has[fd])
		stdio_takes((int)fd);
}

static void stdio_meets_standard(void)
{
	stdio_takes(STDOUT_FILENO);
	stdio_takes(STDERR_FILENO);
}

/* The program means to use both the stream and its descriptor. */
EXPORTED int fileno(FILE *stream)
{
	int fd = NEXT(fileno)(stream);

	if (fd > STDERR_FILENO)
		stdio_takes(fd);
	return fd;
}

SAME(fileno_unlocked, fileno)

EXPORTED FILE *fdopen(int fd, const char *mode)
{
	stdio_takes(fd);
	return NEXT(fdopen)(fd, mode);
}

EXPORTED DIR *fdopendir(int fd)
{
	stdio_takes(fd);
	return NEXT(fdopendir)(fd);
}

static void stdio_closes(int fd)
{
	if (!process_is_ours() || fd < 0)
		return;
	settle_all();
	settle_one(fd); /* Also when it has to wait for a pipe. */
	sync_group_settle(fd);
	stream_forget(fd);
	if (fd < 3)
		stdio_has[fd] = false;
}

EXPORTED int fclose(FILE *stream)
{
	stdio_closes(stream ? NEXT(fileno)(stream) : -1);
	path_cache_forget();
	return NEXT(fclose)(stream);
}

EXPORTED int closedir(DIR *folder)
{
	stdio_closes(dirfd(folder));
	return NEXT(closedir)(folder);
}

EXPORTED FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	stdio_closes(stream ? NEXT(fileno)(stream) : -1);
	path_cache_forget();
	return NEXT(freopen)(path, mode, stream);
}

EXPORTED FILE *fopen(const char *path, const char *mode)
{
	settle_held();
	path_cache_forget();
	return NEXT(fopen)(path, mode);
}

SAME(fopen64, fopen)
SAME(freopen64, freopen)

EXPORTED int fflush(FILE *stream)
{
	if (stream && __fpending(stream))
		stdio_meets(stream);
	else if (!stream)
		settle_all();
	return NEXT(fflush)(stream);
}

SAME(fflush_unlocked, fflush)

/* Defines NAME as: the stream gets its descriptor, the call itself. */
#define USES(type, name, stream, takes, passes) \
	EXPORTED type(name) takes               \
	{                                       \
		stdio_meets(stream);            \
		return NEXT(name) passes;       \
	}

USES(size_t, fwrite, stream, (const void *from, size_t size, size_t count, FILE *stream),
     (from, size, count, stream))
USES(size_t, fwrite_unlocked, stream, (const void *from, size_t size, size_t count, FILE *stream),
     (from, size, count, stream))
USES(size_t, fread, stream, (void *to, size_t size, size_t count, FILE *stream),
     (to, size, count, stream))
USES(size_t, fread_unlocked, stream, (void *to, size_t size, size_t count, FILE *stream),
     (to, size, count, stream))
USES(int, fputs, stream, (const char *text, FILE *stream), (text, stream))
USES(int, fputs_unlocked, stream, (const char *text, FILE *stream), (text, stream))
USES(int, puts, stdout, (const char *text), (text))
USES(int, fputc, stream, (int character, FILE *stream), (character, stream))
USES(int, putc, stream, (int character, FILE *stream), (character, stream))
USES(int, putchar, stdout, (int character), (character))
USES(int, putchar_unlocked, stdout, (int character), (character))
USES(int, fputc_unlocked, stream, (int character, FILE *stream), (character, stream))
USES(int, putc_unlocked, stream, (int character, FILE *stream), (character, stream))
USES(int, __overflow, stream, (FILE * stream, int character), (stream, character))
USES(int, __uflow, stream, (FILE * stream), (stream))
USES(int, fgetc, stream, (FILE * stream), (stream))
USES(int, getc, stream, (FILE * stream), (stream))
USES(int, getchar, stdin, (void), ())
USES(char *, fgets, stream, (char *to, int bytes, FILE *stream), (to, bytes, stream))
USES(ssize_t, getdelim, stream, (char **to, size_t *room, int end, FILE *stream),
     (to, room, end, stream))
USES(ssize_t, getline, stream, (char **to, size_t *room, FILE *stream), (to, room, stream))
USES(ssize_t, __getdelim, stream, (char **to, size_t *room, int end, FILE *stream),
     (to, room, end, stream))
USES(wint_t, fputwc, stream, (wchar_t character, FILE *stream), (character, stream))
USES(int, fputws, stream, (const wchar_t *text, FILE *stream), (text, stream))
USES(int, vfprintf, stream, (FILE * stream, const char *format, va_list list),
     (stream, format, list))
USES(int, vprintf, stdout, (const char *format, va_list list), (format, list))
USES(int, vfscanf, stream, (FILE * stream, const char *format, va_list list),
     (stream, format, list))
USES(int, fseek, stream, (FILE * stream, long by, int whence), (stream, by, whence))
USES(int, fseeko, stream, (FILE * stream, off_t by, int whence), (stream, by, whence))

int __vfprintf_chk(FILE *stream, int flag, const char *format, va_list list);
USES(int, __vfprintf_chk, stream, (FILE * stream, int flag, const char *format, va_list list),
     (stream, flag, format, list))
int __vprintf_chk(int flag, const char *format, va_list list);
USES(int, __vprintf_chk, stdout, (int flag, const char *format, va_list list), (flag, format, list))

/* Those with a list of arguments, by way of those that take it as one. */
#define LISTS(type, name, takes, last, call) \
	EXPORTED type name takes;            \
	EXPORTED type name takes             \
	{                                    \
		va_list list;                \
		type result;                 \
                                             \
		va_start(list, last);        \
		result = call;               \
		va_end(list);                \
		return result;               \
	}

LISTS(int, fprintf, (FILE * stream, const char *format, ...), format,
      vfprintf(stream, format, list))
LISTS(int, printf, (const char *format, ...), format, vprintf(format, list))
LISTS(int, __fprintf_chk, (FILE * stream, int flag, const char *format, ...), format,
      __vfprintf_chk(stream, flag, format, list))
LISTS(int, __printf_chk, (int flag, const char *format, ...), format,
      __vprintf_chk(flag, format, list))

/* Messages of the C library: to stderr, and after what stdout has. */
#define TELLS(name, takes, passes)      \
	EXPORTED void name takes        \
	{                               \
		stdio_meets_standard(); \
		NEXT(name) passes;      \
	}

TELLS(perror, (const char *text), (text))
TELLS(vwarn, (const char *format, va_list list), (format, list))
TELLS(vwarnx, (const char *format, va_list list), (format, list))

#define TELLS_LIST(name, by)                        \
	EXPORTED void name(const char *format, ...) \
	{                                           \
		va_list list;                       \
                                                    \
		va_start(list, format);             \
		by(format, list);                   \
		va_end(list);                       \
	}

TELLS_LIST(warn, vwarn)
TELLS_LIST(warnx, vwarnx)

#define DIES_LIST(name, by)                                               \
	EXPORTED _Noreturn void name(int status, const char *format, ...) \
	{                                                                 \
		va_list list;                                             \
                                                                          \
		stdio_meets_standard();                                   \
		va_start(list, format);                                   \
		NEXT(by)(status, format, list);                           \
		__builtin_unreachable();                                  \
	}

DIES_LIST(err, verr)
DIES_LIST(errx, verrx)

EXPORTED void error(int status, int number, const char *format, ...)
{
	va_list list;
	char *text = NULL;

	stdio_meets_standard();
	va_start(list, format);
	if (vasprintf(&text, format, list) < 0)
		text = NULL;
	va_end(list);
	NEXT(error)(status, number, "%s", text ? text : format);
	free(text);
}
