/* environment.h: the environment as it was before the C library cleaned it. */
#ifndef CROSSBILL_ENVIRONMENT_H
#define CROSSBILL_ENVIRONMENT_H

/*
 * In a program with raised privileges the loader drops LD_LIBRARY_PATH, LD_PRELOAD, TMPDIR and
 * others from the environment. We need none of them, the target may: for the child, once it has
 * no privileges left. Returns 0 or -errno; then the environment is as it was.
 */
int environment_restore(void);

#endif
