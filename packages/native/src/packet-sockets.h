/* packet-sockets: a UDP socket at each end of a veth pair, each connected to the other. */
#ifndef CROSSBILL_PACKET_SOCKETS_H
#define CROSSBILL_PACKET_SOCKETS_H

#include "veth-pair.h"

/* Returns 0 or -errno; then no socket is left open. */
int packet_sockets_open(int fds[2], const struct veth_pair *pair);

#endif
