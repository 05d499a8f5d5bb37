/* device-bytes: what this process has made the disks read so far. */
#ifndef CROSSBILL_DEVICE_BYTES_H
#define CROSSBILL_DEVICE_BYTES_H

#include <stdint.h>

/* 0 where the kernel keeps no such account (CONFIG_TASK_IO_ACCOUNTING). */
uint64_t device_bytes_read(void);

#endif
