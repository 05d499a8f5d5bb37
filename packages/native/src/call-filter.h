/* call-filter: seccomp filters that let every call pass, each in a way of its own. */
#ifndef CROSSBILL_CALL_FILTER_H
#define CROSSBILL_CALL_FILTER_H

#include <stdbool.h>
#include <stdint.h>

/* Puts a filter upon this process for good. `looks_at_argument`: it cannot be answered ahead. */
int call_filter_allow(bool looks_at_argument);
/* Each call stops for a tracer. Without one, each call fails. */
int call_filter_trace(void);
/* Each call waits for an answer. Returns the listener or -errno. */
int call_filter_notify(void);

#endif
