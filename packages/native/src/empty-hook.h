/* empty-hook: an eBPF program that does nothing, on a raw tracepoint. Loaded without a compiler. */
#ifndef CROSSBILL_EMPTY_HOOK_H
#define CROSSBILL_EMPTY_HOOK_H

#include <stdint.h>

/* Returns the program's descriptor or -errno. */
int empty_hook_load(void);
/* Attaches it; the descriptor that comes back holds it there. Returns it or -errno. */
int empty_hook_attach(int program, const char *tracepoint);
/* Has the kernel count the runs of all programs while the descriptor that comes back is open. */
int empty_hook_count_runs(void);
/* Returns 0 or -errno. */
int empty_hook_runs(int program, uint64_t *runs);

#endif
