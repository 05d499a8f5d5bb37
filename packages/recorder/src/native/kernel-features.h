/* kernel-features.h: what this kernel lets the recorder do, found out by trying. */
#ifndef CROSSBILL_KERNEL_FEATURES_H
#define CROSSBILL_KERNEL_FEATURES_H

/* Prints {"features":[...]} on standard output. Returns the exit status: 0 when it could record. */
int features_print(void);

#endif
