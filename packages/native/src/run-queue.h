/* run-queue: how long this process stood ready to run while others ran. */
#ifndef CROSSBILL_RUN_QUEUE_H
#define CROSSBILL_RUN_QUEUE_H

#include <stdint.h>

/* ns so far; 0 where the kernel keeps no such account (CONFIG_SCHED_INFO). */
uint64_t run_queue_ns(void);

#endif
