/* temporary-file: a nameless file whose pages are in the page cache. */
#ifndef CROSSBILL_TEMPORARY_FILE_H
#define CROSSBILL_TEMPORARY_FILE_H

#include <stdint.h>

/* Opens a new file of `bytes` bytes, already unlinked and wholly written. Returns fd or -errno. */
int temporary_file_open(uint64_t bytes);

/* Writes `bytes` bytes, none of them zero, where the file stands. Returns 0 or -errno. */
int temporary_file_fill(int fd, uint64_t bytes);

#endif
