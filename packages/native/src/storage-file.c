/* storage-file: a file on a disk, read past the page cache in blocks at random places. */
#define _GNU_SOURCE 1
#include "storage-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kept-file.h"
#include "mechanism.h"

#define MOST_FILE_BYTES (1ull << 30)
#define MOST_PIECE 1048576u
/* Every disk's blocks divide it. */
#define ALIGNMENT 4096u

int storage_file_open(struct storage_file *file, struct parameters *parameters)
{
	const char *folder = parameter_text(parameters, "folder", "/var/tmp");
	uint64_t bytes = parameter_number(parameters, "bytes", 64u << 20);
	uint64_t piece = parameter_number(parameters, "piece", ALIGNMENT);
	uint64_t depth = parameter_number(parameters, "depth", 1);

	*file = (struct storage_file){.fd = -1, .random = 88172645463325252ull};
	if (depth < 1 || depth > STORAGE_DEPTH_MAX || piece < ALIGNMENT || piece > MOST_PIECE ||
	    piece % ALIGNMENT != 0 || bytes < piece || bytes > MOST_FILE_BYTES)
		return -EINVAL;
	file->depth = (unsigned int)depth;
	file->piece = (uint32_t)piece;
	file->pieces = bytes / piece;
	if (posix_memalign((void **)&file->memory, ALIGNMENT, depth * piece) != 0)
		return -ENOMEM;
	memset(file->memory, 0, depth * piece);
	file->fd = kept_file_open(folder, "storage", bytes, O_DIRECT);
	if (file->fd >= 0)
		return 0;
	mechanism_refused("a file read past the page cache (O_DIRECT)");
	free(file->memory);
	file->memory = NULL;
	return file->fd;
}

void storage_file_close(struct storage_file *file)
{
	close(file->fd);
	free(file->memory);
}
