/* fixes: what CROSSBILL_LIVE_FIXES, a list such as "reads,writes", turns on. */
#define _GNU_SOURCE
#include "fixes.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIXES_PATHS_MS_MAX 10000

struct fixes fixes;

static bool fixes_lists(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (const char *at = list; (at = strstr(at, name)); at += length)
		if ((at == list || at[-1] == ',') && (!at[length] || at[length] == ','))
			return true;
	return false;
}

void fixes_read(void)
{
	const char *list = getenv("CROSSBILL_LIVE_FIXES");
	const char *lifetime = getenv("CROSSBILL_LIVE_PATHS_MS");
	long ms = lifetime ? strtol(lifetime, NULL, 10) : 0;

	if (!list)
		return;
	fixes.reads = fixes_lists(list, "reads");
	fixes.writes = fixes_lists(list, "writes");
	fixes.syncs = fixes_lists(list, "syncs");
	fixes.paths = fixes_lists(list, "paths") && ms > 0 && ms <= FIXES_PATHS_MS_MAX;
	fixes.paths_ns = (int64_t)ms * 1000000;
}

int64_t fixes_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
