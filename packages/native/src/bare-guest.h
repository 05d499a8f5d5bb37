/*
 * bare-guest: a virtual machine under /dev/kvm of a few dozen bytes of code: a user loop that makes
 * system calls, and a handler that counts them. No kernel, no devices, no interrupts.
 */
#ifndef CROSSBILL_BARE_GUEST_H
#define CROSSBILL_BARE_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kvm_run;

/*
 * Which guest runs here. Architectural: the handler is at privilege 0 and returns by SYSRET. Flat:
 * a hypervisor that runs guests without hardware help may leave the caller's privilege as it was;
 * then the handler lies in a page for everybody and returns by a jump.
 */
enum bare_guest_kind { BARE_GUEST_ARCHITECTURAL, BARE_GUEST_FLAT };

struct bare_guest {
	enum bare_guest_kind kind;
	int device;
	int machine;
	int processor;
	int statistics;
	unsigned char *memory;
	struct kvm_run *run;
	size_t run_bytes;
	/* Offset of the kernel's own count of exits in the statistics; below 0: it has none. */
	int64_t exits_at;
	bool is_monitored;
	/* What the monitor recorded: calls, and the sum of their numbers. */
	uint64_t recorded;
	uint64_t recorded_sum;
};

/*
 * Builds a guest and tries it. Returns 0 or -errno: -ENOENT there is no KVM, -EACCES one may not
 * use it, -ENOTSUP no guest of either kind makes system calls, else what an ioctl said.
 */
int bare_guest_open(struct bare_guest *self, bool is_monitored);
void bare_guest_close(struct bare_guest *self);

/*
 * Has the guest make `calls` system calls with the numbers `calls` to 1, and checks that its
 * handler saw them all, and that the monitor did. Returns 0 or -errno.
 */
int bare_guest_call(struct bare_guest *self, uint64_t calls);

/* Exits so far, as the kernel counts them. Returns 0 or -errno: -ENOTSUP when it does not. */
int bare_guest_exits(const struct bare_guest *self, uint64_t *exits);

#endif
