/* packet-mmap: frames in rings that the kernel shares with packet sockets (PACKET_MMAP, version 2).
 */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mechanism.h"
#include "packet-path.h"

#define FRAME_BYTES 2048u
#define BLOCK_BYTES 65536u
#define BLOCKS 4u
#define FRAMES (BLOCKS * BLOCK_BYTES / FRAME_BYTES)
#define RING_BYTES (BLOCKS * BLOCK_BYTES)
/* Where in its frame the kernel looks for what is sent. */
#define DATA_OFFSET sizeof(struct tpacket2_hdr)
_Static_assert(DATA_OFFSET % TPACKET_ALIGNMENT == 0, "the kernel rounds it up");

struct packet_mmap_end {
	int fd;
	/* NULL when the end does not receive or send. */
	unsigned char *received, *sent;
	unsigned int taken, put;
	/* Whether the message last taken still holds its frame. */
	bool holds;
};

struct packet_mmap {
	struct packet_shape shape;
	uint64_t calls;
	struct packet_mmap_end ends[2];
};

static void packet_mmap_close(void *state)
{
	struct packet_mmap *self = state;

	for (unsigned int end = 0; end < 2; end++) {
		struct packet_mmap_end *one = &self->ends[end];
		unsigned char *start = one->received ? one->received : one->sent;

		if (start)
			munmap(start, one->received && one->sent ? 2 * RING_BYTES : RING_BYTES);
		if (one->fd >= 0)
			close(one->fd);
	}
	free(self);
}

static int packet_mmap_rings(struct packet_mmap_end *one, bool receives, bool sends)
{
	const struct tpacket_req ring = {.tp_block_size = BLOCK_BYTES,
					 .tp_block_nr = BLOCKS,
					 .tp_frame_size = FRAME_BYTES,
					 .tp_frame_nr = FRAMES};
	const int version = TPACKET_V2;
	const int on = 1;
	size_t bytes = receives && sends ? 2 * RING_BYTES : RING_BYTES;
	unsigned char *start;

	if (setsockopt(one->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(one->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0 ||
	    (receives &&
	     setsockopt(one->fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0) ||
	    (sends && setsockopt(one->fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) < 0))
		return -errno;
	start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, one->fd, 0);
	if (start == MAP_FAILED)
		return -errno;
	/* The kernel maps the ring of receptions first. */
	one->received = receives ? start : NULL;
	if (sends)
		one->sent = receives ? start + RING_BYTES : start;
	return 0;
}

static int packet_mmap_end_open(struct packet_mmap *self, unsigned int end)
{
	struct packet_mmap_end *one = &self->ends[end];
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(PACKET_ETHERTYPE),
		.sll_ifindex = self->shape.pair->ends[end].index,
	};
	bool receives = end == 1 || self->shape.both_ways;
	int error = veth_pair_enter(self->shape.pair, end);

	if (error)
		return error;
	one->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (one->fd < 0) {
		error = -errno;
		mechanism_refused("a packet socket (CAP_NET_RAW?)");
		return error;
	}
	error = packet_mmap_rings(one, receives, end == 0 || self->shape.both_ways);
	if (error)
		return error;
	/* Bound last: nothing arrives before there is a ring for it. */
	return bind(one->fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
}

static int packet_mmap_open(void **state, const struct packet_shape *shape)
{
	struct packet_mmap *self = calloc(1, sizeof(*self));
	int error = 0;

	if (!self)
		return -ENOMEM;
	self->shape = *shape;
	self->ends[0].fd = self->ends[1].fd = -1;
	for (unsigned int end = 0; !error && end < 2; end++)
		error = packet_mmap_end_open(self, end);
	if (error) {
		packet_mmap_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int packet_mmap_send(void *state, unsigned int end, const void *message, unsigned int count)
{
	struct packet_mmap *self = state;
	struct packet_mmap_end *one = &self->ends[end];

	for (unsigned int at = 0; at < count; at++) {
		unsigned char *frame = one->sent + (size_t)(one->put++ % FRAMES) * FRAME_BYTES;
		struct tpacket2_hdr *header = (struct tpacket2_hdr *)frame;
		unsigned char *data = frame + DATA_OFFSET;

		/* The ring holds two batches: only a receiver that stands still gets us here. */
		if (__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE)
			return -ENOBUFS;
		packet_frame_fill(data, self->shape.pair, end, message, self->shape.bytes);
		header->tp_len = PACKET_HEADER_BYTES + self->shape.bytes;
		__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	}
	self->calls++;
	return send(one->fd, NULL, 0, MSG_DONTWAIT) < 0 ? -errno : 0;
}

static const void *packet_mmap_take(void *state, unsigned int end)
{
	struct packet_mmap *self = state;
	struct packet_mmap_end *one = &self->ends[end];
	unsigned char *frame = one->received + (size_t)(one->taken % FRAMES) * FRAME_BYTES;
	struct tpacket2_hdr *header = (struct tpacket2_hdr *)frame;

	if (one->holds) {
		__atomic_store_n(&header->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		one->taken++;
		frame = one->received + (size_t)(one->taken % FRAMES) * FRAME_BYTES;
		header = (struct tpacket2_hdr *)frame;
	}
	one->holds = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
	if (one->holds)
		return frame + header->tp_mac + PACKET_HEADER_BYTES;
	errno = EAGAIN;
	return NULL;
}

static uint64_t packet_mmap_calls(const void *state)
{
	const struct packet_mmap *self = state;

	return self->calls;
}

const struct packet_path packet_mmap = {
	.name = "packet_mmap",
	.needs_pair = true,
	.open = packet_mmap_open,
	.send = packet_mmap_send,
	.take = packet_mmap_take,
	.calls = packet_mmap_calls,
	.close = packet_mmap_close,
};
