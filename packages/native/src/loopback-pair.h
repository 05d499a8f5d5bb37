/* loopback-pair: the two ends of a TCP connection over the loopback device, with TCP_NODELAY. */
#ifndef CROSSBILL_LOOPBACK_PAIR_H
#define CROSSBILL_LOOPBACK_PAIR_H

/* Returns 0 or -errno. */
int loopback_pair_open(int ends[2]);

#endif
