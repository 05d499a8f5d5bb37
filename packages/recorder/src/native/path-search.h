/* path-search.h: runs a command as a shell would find it. */
#ifndef CROSSBILL_PATH_SEARCH_H
#define CROSSBILL_PATH_SEARCH_H

/*
 * Replaces this process by argv[0], looked up in PATH when it has no slash. Only files that look
 * executable are tried, so that the search itself makes no failing execve. A file the kernel knows
 * no format for is run by /bin/sh. Returns only on failure, with -errno: what the most telling
 * candidate failed with (-EACCES rather than -ENOENT).
 */
int path_search_exec(char *const argv[]);

#endif
