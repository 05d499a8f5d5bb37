/* scatter-direct: pieces of a file that was opened with O_DIRECT, whatever their places. */
#ifndef CROSSBILL_IO_SCATTER_DIRECT_H
#define CROSSBILL_IO_SCATTER_DIRECT_H

#include "io/scatter.h"

/*
 * Moves the listed pieces by a way that reads or writes the file: through aligned memory of at most
 * 8 MiB, as such files are read and written in whole blocks. Returns what the way returns.
 */
int scatter_by_direct(struct scatter *scatter, scatter_way *way);

#endif
