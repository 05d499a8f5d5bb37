/*
 * veth-pair: two network namespaces of this process's own, joined by a pair of virtual Ethernet
 * devices. Nothing of it has a name outside; all of it vanishes with the process.
 */
#ifndef CROSSBILL_VETH_PAIR_H
#define CROSSBILL_VETH_PAIR_H

#include <linux/if_ether.h>
#include <netinet/in.h>

struct veth_end {
	/* The end's network namespace, for setns. */
	int namespace;
	int index;
	unsigned char address[ETH_ALEN];
	struct in_addr ip;
};

struct veth_pair {
	struct veth_end ends[2];
};

/*
 * Makes the pair and brings it up; without root in a user namespace of its own, which the process
 * then stays in. Returns 0 or -errno.
 */
int veth_pair_open(struct veth_pair *pair);
void veth_pair_close(struct veth_pair *pair);

/* From here on this process makes its sockets at that end. Returns 0 or -errno. */
int veth_pair_enter(const struct veth_pair *pair, unsigned int end);

#endif
