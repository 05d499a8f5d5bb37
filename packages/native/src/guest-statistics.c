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
	/* One descriptor with its name behind it, and a zero in any case. */
	_Alignas(
		struct kvm_stats_desc) char one[sizeof(struct kvm_stats_desc) + NAME_BYTES_MAX + 1];
	const struct kvm_stats_desc *described = (const struct kvm_stats_desc *)(void *)one;
	size_t bytes;

	if (pread(statistics, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	if (header.name_size > NAME_BYTES_MAX || header.num_desc > DESCRIPTORS_MAX)
		return -1;
	bytes = sizeof(*described) + header.name_size;
	memset(one, 0, sizeof(one));
	for (unsigned int at = 0; at < header.num_desc; at++) {
		off_t from = (off_t)(header.desc_offset + at * bytes);

		if (pread(statistics, one, bytes, from) != (ssize_t)bytes)
			return -1;
		if (strcmp(one + sizeof(*described), name) == 0)
			return (int64_t)header.data_offset + described->offset;
	}
	return -1;
}
