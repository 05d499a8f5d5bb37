/* file-system.h: the type of the file system a file is on. */
#ifndef CROSSBILL_FILE_SYSTEM_H
#define CROSSBILL_FILE_SYSTEM_H

#include <stdint.h>
#include <sys/types.h>

/*
 * The superblock's magic number, as of statfs(2), of the device (`major`, `minor`) that `path` is
 * on; 0 unknown. Asked once a device. Never asks a FUSE file system: its server may be among the
 * processes that stand still while we ask.
 */
uint64_t file_system_type(pid_t tid, const char *path, uint32_t major, uint32_t minor);

#endif
