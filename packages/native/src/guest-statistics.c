/* guest-statistics: where a KVM statistics descriptor keeps the count of a name (Linux 5.14). */
#define _GNU_SOURCE 1
#include "guest-statistics.h"

#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

/* Far above what any kernel has. */
#define NAME_BYTES_MAX 256u
#define DESCRIPTORS_MAX 1024u

int64_t guest_statistics_find(int statistics, const char *name)
{
	struct kvm_stats_header header;
	struct {
		struct kvm_stats_desc fixed;
		char name[NAME_BYTES_MAX];
	} one;
	size_t bytes;

	if (pread(statistics, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	if (header.name_size > NAME_BYTES_MAX || header.num_desc > DESCRIPTORS_MAX)
		return -1;
	bytes = sizeof(one.fixed) + header.name_size;
	for (unsigned int at = 0; at < header.num_desc; at++) {
		off_t from = (off_t)(header.desc_offset + at * bytes);

		memset(&one, 0, sizeof(one));
		if (pread(statistics, &one, bytes, from) != (ssize_t)bytes)
			return -1;
		one.name[NAME_BYTES_MAX - 1] = 0;
		if (strcmp(one.name, name) == 0)
			return (int64_t)header.data_offset + one.fixed.offset;
	}
	return -1;
}
