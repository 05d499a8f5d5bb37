/* path-cache.h: what the kernel said of a path a moment ago. Only when the runner asks for it. */
#ifndef CROSSBILL_LIVE_PATH_CACHE_H
#define CROSSBILL_LIVE_PATH_CACHE_H

#include <stdbool.h>
#include <stddef.h>

/* Questions that are answered alike only among themselves; their own arguments go into `detail`. */
enum path_question { PATH_STAT, PATH_STATX, PATH_ACCESS, PATH_OPEN };

/*
 * True when the answer is known: it is in `answer` (`bytes` of it), and `*result` is 0, or -1 with
 * errno. Only paths from the root or from the current folder are known.
 */
bool path_cache_recall(enum path_question question, long detail, int folder, const char *path,
		       void *answer, size_t bytes, int *result);
/* Remembers a result and errno. Of failures only that there is no such path. */
void path_cache_learn(enum path_question question, long detail, int folder, const char *path,
		      const void *answer, size_t bytes, int result);
/* Something of the file system changed, or may have. */
void path_cache_forget(void);

#endif
