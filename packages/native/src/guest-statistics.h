/* guest-statistics: where a KVM statistics descriptor keeps the count of a name (Linux 5.14). */
#ifndef CROSSBILL_GUEST_STATISTICS_H
#define CROSSBILL_GUEST_STATISTICS_H

#include <stdint.h>

/* Offset of the 64-bit value in the descriptor's data; below 0: there is none of that name. */
int64_t guest_statistics_find(int statistics, const char *name);

#endif
