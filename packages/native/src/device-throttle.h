/* device-throttle: a disk made slow for this process alone, by the kernel's block cgroup. */
#ifndef CROSSBILL_DEVICE_THROTTLE_H
#define CROSSBILL_DEVICE_THROTTLE_H

#include <stdbool.h>
#include <sys/types.h>

struct device_throttle {
	bool is_on;
	/* The older hierarchy of its own for the block controller, or the unified one. */
	bool is_unified;
	/* Only for us was the controller switched on for the children of the root. */
	bool switched_on;
	/* The cgroup this process came from, and the one made for it below `parent`. */
	char home[512];
	char parent[512];
	char own[576];
	/* Removes the cgroup when this process is killed; holds the other end of `alive`. */
	pid_t guardian;
	int alive;
};

/*
 * From now on this process gets `reads` reads a second from the device that `fd` lies on. Also
 * removes what killed runs have left. Returns 0 or -errno, with the words for it.
 */
int device_throttle_begin(struct device_throttle *throttle, int fd, unsigned int reads);
/* As if nothing had been; harmless when it was not begun. */
void device_throttle_end(struct device_throttle *throttle);

#endif
