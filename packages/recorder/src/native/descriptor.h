/* descriptor.h: what a descriptor of a traced thread refers to. */
#ifndef CROSSBILL_DESCRIPTOR_H
#define CROSSBILL_DESCRIPTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "target-table.h"

struct descriptor {
	enum descriptor_kind kind;
	/* NULL when it is not open, hidden from us, or the table of targets is full. */
	struct target *target;
};

/* Looks the descriptor up in /proc, each time anew: numbers are reused at once. */
struct descriptor descriptor_resolve(pid_t tgid, pid_t tid, int fd);

/*
 * Whether the access of `size` bytes at `offset` began where the one before through the same
 * descriptor had ended; the first one does when it begins at 0. Remembers its end.
 */
bool descriptor_is_sequential(pid_t tgid, int fd, const struct target *target, uint64_t offset,
			      uint64_t size);

#endif
