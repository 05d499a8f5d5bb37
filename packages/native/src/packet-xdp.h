/* packet-xdp: a socket of AF_XDP, with the memory and the rings that it shares with the kernel. */
#ifndef CROSSBILL_PACKET_XDP_H
#define CROSSBILL_PACKET_XDP_H

#include <stddef.h>
#include <stdint.h>

/* Registers page-aligned memory with a socket of AF_XDP (XDP_UMEM_REG). Returns 0 or -errno. */
int packet_xdp_register(int fd, void *memory, size_t bytes);

#endif
