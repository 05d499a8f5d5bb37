/* channel-memory: the memory file of a channel: made, sealed, passed over a socket, mapped. */
#define _GNU_SOURCE 1
#include "io/channel-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/failure.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8u /* since Linux 6.3 */
#endif

static size_t channel_page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static int channel_memory_file(void)
{
	/* vm.memfd_noexec=2 refuses files that could be run; older kernels do not know the flag. */
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create("crossbill-channel", flags | MFD_NOEXEC_SEAL);

	return fd < 0 && errno == EINVAL ? memfd_create("crossbill-channel", flags) : fd;
}

int channel_memory_create(size_t ring_bytes)
{
	size_t ring = channel_page_bytes();
	int fd = channel_memory_file();
	int error;

	if (fd < 0)
		return -errno;
	/* A power of two: the place of a cursor is its lowest bits. */
	while (ring < ring_bytes)
		ring *= 2;
	if (ftruncate(fd, (off_t)(channel_page_bytes() + 2 * ring)) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* The bytes of one ring, or 0 when the file is no channel's. */
static size_t channel_memory_ring(int fd)
{
	struct stat status;
	size_t page = channel_page_bytes();
	int seals = fcntl(fd, F_GET_SEALS);
	size_t ring;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &status) < 0 ||
	    status.st_size < (off_t)(3 * page))
		return 0;
	ring = ((size_t)status.st_size - page) / 2;
	if (ring > CHANNEL_MOST_RING_BYTES || (ring & (ring - 1)) != 0 ||
	    page + 2 * ring != (size_t)status.st_size)
		return 0;
	return ring;
}

static bool channel_memory_place(unsigned char *at, size_t bytes, int fd, size_t offset)
{
	return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset) !=
		MAP_FAILED;
}

int channel_memory_map(int fd, struct channel_memory *memory)
{
	size_t page = channel_page_bytes();
	size_t ring = channel_memory_ring(fd);
	size_t length = page + 4 * ring;
	unsigned char *base;
	bool is_placed;

	if (ring == 0)
		return -EPROTO;
	base = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	is_placed = channel_memory_place(base, page, fd, 0);
	for (size_t copy = 0; copy < 4 && is_placed; copy++)
		is_placed = channel_memory_place(base + page + copy * ring, ring, fd,
						 page + copy / 2 * ring);
	if (!is_placed) {
		int error = -errno;

		munmap(base, length);
		return error;
	}
	*memory = (struct channel_memory){.base = base, .length = length};
	return 0;
}

int channel_memory_pass(int socket, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {0};
	char byte = 'c';
	struct iovec body = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &body,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int channel_memory_receive(int socket)
{
	/* Room for one descriptor, told to the byte: what is aligned has room for two, and a second
	 * one would stay open. */
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = {0};
	char byte;
	struct iovec body = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = {
		.msg_iov = &body,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
	ssize_t received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header;
	int fd;

	if (received < 0)
		return -errno;
	if (received == 0)
		return -IO_PEER_DIED;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPROTO;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}
