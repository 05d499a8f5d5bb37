/* path-cache: one table of answers, each at the place its path hashes to. */
#define _GNU_SOURCE
#include "path-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "fixes.h"
#include "process.h"

#define PATH_CACHE_PLACES 1024
#define PATH_CACHE_PATH_BYTES 224
/* struct stat has 144 bytes, struct statx 256. */
#define PATH_CACHE_ANSWER_BYTES 256

struct path_answer {
	int64_t learnt_ns;
	unsigned int generation; /* 0: never used */
	enum path_question question;
	long detail;
	int error;
	char path[PATH_CACHE_PATH_BYTES];
	char answer[PATH_CACHE_ANSWER_BYTES];
};

static struct path_answer places[PATH_CACHE_PLACES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned int generation = 1;

/* FNV-1a. */
static struct path_answer *path_cache_place(enum path_question question, long detail,
					    const char *path)
{
	uint32_t hash = 2166136261U ^ (uint32_t)question ^ ((uint32_t)detail << 8);

	for (; *path; path++)
		hash = (hash ^ (unsigned char)*path) * 16777619U;
	return &places[hash % PATH_CACHE_PLACES];
}

static bool path_cache_takes(int folder, const char *path, size_t bytes)
{
	return fixes.paths && process_is_ours() && path && path[0] &&
		(folder == AT_FDCWD || path[0] == '/') && bytes <= PATH_CACHE_ANSWER_BYTES &&
		strnlen(path, PATH_CACHE_PATH_BYTES) < PATH_CACHE_PATH_BYTES;
}

/* A handler that interrupts us asks the kernel. */
static bool path_cache_enter(void)
{
	return !pthread_mutex_trylock(&lock);
}

bool path_cache_recall(enum path_question question, long detail, int folder, const char *path,
		       void *answer, size_t bytes, int *result)
{
	struct path_answer *place;
	bool known;

	if (!path_cache_takes(folder, path, bytes) || !path_cache_enter())
		return false;
	place = path_cache_place(question, detail, path);
	known = place->generation == __atomic_load_n(&generation, __ATOMIC_ACQUIRE) &&
		place->question == question && place->detail == detail &&
		fixes_now_ns() - place->learnt_ns < fixes.paths_ns && !strcmp(place->path, path);
	if (known && !place->error && bytes)
		memcpy(answer, place->answer, bytes);
	if (known) {
		*result = place->error ? -1 : 0;
		if (place->error)
			errno = place->error;
	}
	pthread_mutex_unlock(&lock);
	return known;
}

void path_cache_learn(enum path_question question, long detail, int folder, const char *path,
		      const void *answer, size_t bytes, int result)
{
	struct path_answer *place;

	if (!path_cache_takes(folder, path, bytes) || (result && errno != ENOENT) ||
	    !path_cache_enter())
		return;
	place = path_cache_place(question, detail, path);
	place->learnt_ns = fixes_now_ns();
	place->generation = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);
	place->question = question;
	place->detail = detail;
	place->error = result ? errno : 0;
	strcpy(place->path, path);
	if (!result && bytes)
		memcpy(place->answer, answer, bytes);
	pthread_mutex_unlock(&lock);
}

void path_cache_forget(void)
{
	if (fixes.paths)
		__atomic_fetch_add(&generation, 1, __ATOMIC_RELEASE);
}
