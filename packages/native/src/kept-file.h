/* kept-file: a file that the first process of a run writes and later ones find again. */
#ifndef CROSSBILL_KEPT_FILE_H
#define CROSSBILL_KEPT_FILE_H

#include <stdint.h>

/*
 * Opens `name` in `folder` with `flags` added to O_RDONLY, after it was written to at least `bytes`
 * bytes and made durable; the folder's owner removes it. Returns fd or -errno.
 */
int kept_file_open(const char *folder, const char *name, uint64_t bytes, int flags);

#endif
