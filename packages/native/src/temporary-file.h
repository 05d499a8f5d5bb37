/* temporary-file: a nameless file whose pages are in the page cache. */
#ifndef CROSSBILL_TEMPORARY_FILE_H
#define CROSSBILL_TEMPORARY_FILE_H

#include <stdint.h>

/* Opens a new file of `bytes` bytes, already unlinked and wholly written. Returns fd or -errno. */
int temporary_file_open(uint64_t bytes);

#endif
