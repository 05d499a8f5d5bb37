/* device-bytes: what this process has made the disks read so far. */
#include "device-bytes.h"

#include <stdio.h>

uint64_t device_bytes_read(void)
{
	FILE *file = fopen("/proc/self/io", "re");
	unsigned long long bytes = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "read_bytes: %llu", &bytes) == 1)
			break;
	fclose(file);
	return bytes;
}
