/*
 * packet-xdp: frames through AF_XDP sockets in copy mode, by raw calls. The receiving device has a
 * six-instruction program that redirects every frame to the socket of its queue.
 */
#define _GNU_SOURCE 1
#include "packet-xdp.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "block.h"
#include "mechanism.h"
#include "packet-path.h"

#define FRAME_BYTES 2048u
/* Of each ring; half of the frames wait to be filled, half are for sending. */
#define ENTRIES 512u
#define FRAMES (2u * ENTRIES)
#define UMEM_BYTES ((size_t)FRAMES * FRAME_BYTES)
#define RINGS 4u
/* Giving up after this when the kernel does not take or give back a frame. */
#define PATIENCE_NS 1000000000u

enum ring_kind { RING_FILL, RING_COMPLETION, RING_RECEIVE, RING_SEND };

/* One ring as the kernel maps it; the side that does not move an index reads it. */
struct ring {
	void *mapped;
	size_t bytes;
	uint32_t *producer, *consumer;
	void *entries;
};

struct packet_xdp_end {
	int fd, map, program, link;
	unsigned char *umem;
	struct ring rings[RINGS];
	/* Frames given to the kernel for sending and not given back. */
	uint32_t on_the_way;
	uint32_t next_frame;
	/* Whether the message last taken still holds its frame. */
	bool holds;
};

struct packet_xdp {
	struct packet_shape shape;
	uint64_t calls;
	struct packet_xdp_end ends[2];
};

static const int ring_options[RINGS] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING,
					XDP_TX_RING};
static const off_t ring_places[RINGS] = {(off_t)XDP_UMEM_PGOFF_FILL_RING,
					 (off_t)XDP_UMEM_PGOFF_COMPLETION_RING, XDP_PGOFF_RX_RING,
					 XDP_PGOFF_TX_RING};

int packet_xdp_register(int fd, void *memory, size_t bytes)
{
	const struct xdp_umem_reg region = {
		.addr = (uint64_t)(uintptr_t)memory, .len = bytes, .chunk_size = FRAME_BYTES};

	return setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)) < 0 ? -errno : 0;
}

static int packet_xdp_ring(struct packet_xdp_end *one, enum ring_kind kind,
			   const struct xdp_ring_offset *offset)
{
	struct ring *ring = &one->rings[kind];
	bool describes = kind == RING_RECEIVE || kind == RING_SEND;
	size_t entry = describes ? sizeof(struct xdp_desc) : sizeof(uint64_t);
	size_t bytes = offset->desc + ENTRIES * entry;
	unsigned char *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
				    one->fd, ring_places[kind]);

	if (start == MAP_FAILED)
		return -errno;
	ring->mapped = start;
	ring->bytes = bytes;
	ring->producer = (uint32_t *)(void *)(start + offset->producer);
	ring->consumer = (uint32_t *)(void *)(start + offset->consumer);
	ring->entries = start + offset->desc;
	return 0;
}

static int packet_xdp_rings(struct packet_xdp_end *one)
{
	const int entries = ENTRIES;
	struct xdp_mmap_offsets offsets;
	socklen_t bytes = sizeof(offsets);
	int error = 0;

	for (unsigned int kind = 0; kind < RINGS; kind++)
		if (setsockopt(one->fd, SOL_XDP, ring_options[kind], &entries, sizeof(entries)) < 0)
			return -errno;
	if (getsockopt(one->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &bytes) < 0)
		return -errno;
	error = packet_xdp_ring(one, RING_FILL, &offsets.fr);
	if (!error)
		error = packet_xdp_ring(one, RING_COMPLETION, &offsets.cr);
	if (!error)
		error = packet_xdp_ring(one, RING_RECEIVE, &offsets.rx);
	if (!error)
		error = packet_xdp_ring(one, RING_SEND, &offsets.tx);
	if (error)
		return error;
	for (uint32_t at = 0; at < ENTRIES; at++)
		((uint64_t *)one->rings[RING_FILL].entries)[at] = (uint64_t)at * FRAME_BYTES;
	__atomic_store_n(one->rings[RING_FILL].producer, ENTRIES, __ATOMIC_RELEASE);
	return 0;
}

static int packet_xdp_bpf(int command, union bpf_attr *attributes)
{
	long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : (int)result;
}

static int packet_xdp_load(int map)
{
	/* return bpf_redirect_map(&map, context->rx_queue_index, XDP_PASS); */
	const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W,
		 .dst_reg = BPF_REG_2,
		 .src_reg = BPF_REG_1,
		 .off = offsetof(struct xdp_md, rx_queue_index)},
		{.code = BPF_LD | BPF_IMM | BPF_DW,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = map},
		{.code = 0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attributes = {0};

	attributes.prog_type = BPF_PROG_TYPE_XDP;
	attributes.insns = (uint64_t)(uintptr_t)code;
	attributes.insn_cnt = sizeof(code) / sizeof(code[0]);
	attributes.license = (uint64_t)(uintptr_t) "Dual BSD/GPL";
	return packet_xdp_bpf(BPF_PROG_LOAD, &attributes);
}

/* Puts the program on the device; the descriptor's end takes it off again. */
static int packet_xdp_attach(struct packet_xdp_end *one, int index)
{
	union bpf_attr attributes = {0};
	const uint32_t queue = 0;

	attributes.map_type = BPF_MAP_TYPE_XSKMAP;
	attributes.key_size = attributes.value_size = sizeof(uint32_t);
	attributes.max_entries = 1;
	one->map = packet_xdp_bpf(BPF_MAP_CREATE, &attributes);
	if (one->map < 0)
		return one->map;
	one->program = packet_xdp_load(one->map);
	if (one->program < 0)
		return one->program;
	memset(&attributes, 0, sizeof(attributes));
	attributes.link_create.prog_fd = (uint32_t)one->program;
	attributes.link_create.target_ifindex = (uint32_t)index;
	attributes.link_create.attach_type = BPF_XDP;
	attributes.link_create.flags = XDP_FLAGS_DRV_MODE;
	one->link = packet_xdp_bpf(BPF_LINK_CREATE, &attributes);
	if (one->link < 0)
		return one->link;
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)one->map;
	attributes.key = (uint64_t)(uintptr_t)&queue;
	attributes.value = (uint64_t)(uintptr_t)&one->fd;
	return packet_xdp_bpf(BPF_MAP_UPDATE_ELEM, &attributes);
}

static int packet_xdp_socket(struct packet_xdp_end *one)
{
	int error;

	one->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (one->fd < 0) {
		error = -errno;
		mechanism_refused("a socket of AF_XDP (CONFIG_XDP_SOCKETS, CAP_NET_RAW?)");
		return error;
	}
	/* Shared: a process that is forked off must see what the kernel writes. */
	one->umem = mmap(NULL, UMEM_BYTES, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (one->umem == MAP_FAILED) {
		one->umem = NULL;
		return -errno;
	}
	error = packet_xdp_register(one->fd, one->umem, UMEM_BYTES);
	if (error)
		mechanism_refused("memory for AF_XDP (RLIMIT_MEMLOCK?)");
	return error ? error : packet_xdp_rings(one);
}

static int packet_xdp_end_open(struct packet_xdp *self, unsigned int end)
{
	struct packet_xdp_end *one = &self->ends[end];
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY,
		.sxdp_ifindex = (uint32_t)self->shape.pair->ends[end].index,
	};
	int error = veth_pair_enter(self->shape.pair, end);

	if (!error)
		error = packet_xdp_socket(one);
	if (error)
		return error;
	if (bind(one->fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		error = -errno;
		mechanism_refused("AF_XDP on veth");
		return error;
	}
	if (end == 0 && !self->shape.both_ways)
		return 0;
	error = packet_xdp_attach(one, self->shape.pair->ends[end].index);
	if (error)
		mechanism_refused("an XDP program (CAP_BPF and CAP_NET_ADMIN: root?)");
	return error < 0 ? error : 0;
}

static void packet_xdp_end_close(struct packet_xdp_end *one)
{
	const int fds[] = {one->link, one->program, one->map, one->fd};

	/* The rings first: while they are mapped, the socket keeps the queue. */
	for (unsigned int kind = 0; kind < RINGS; kind++)
		if (one->rings[kind].mapped)
			munmap(one->rings[kind].mapped, one->rings[kind].bytes);
	for (unsigned int at = 0; at < sizeof(fds) / sizeof(fds[0]); at++)
		if (fds[at] >= 0)
			close(fds[at]);
	if (one->umem)
		munmap(one->umem, UMEM_BYTES);
}

static void packet_xdp_close(void *state)
{
	struct packet_xdp *self = state;

	for (unsigned int end = 0; end < 2; end++)
		packet_xdp_end_close(&self->ends[end]);
	free(self);
}

static int packet_xdp_open(void **state, const struct packet_shape *shape)
{
	struct packet_xdp *self = calloc(1, sizeof(*self));
	int error = 0;

	if (!self)
		return -ENOMEM;
	self->shape = *shape;
	for (unsigned int end = 0; end < 2; end++) {
		struct packet_xdp_end *one = &self->ends[end];

		one->fd = one->map = one->program = one->link = -1;
	}
	for (unsigned int end = 0; !error && end < 2; end++)
		error = packet_xdp_end_open(self, end);
	if (error) {
		packet_xdp_close(self);
		return error;
	}
	*state = self;
	return 0;
}

/* Takes back the frames that were sent. */
static void packet_xdp_reap(struct packet_xdp_end *one)
{
	struct ring *ring = &one->rings[RING_COMPLETION];
	uint32_t done = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

	one->on_the_way -= done - *ring->consumer;
	__atomic_store_n(ring->consumer, done, __ATOMIC_RELEASE);
}

/* One call moves at most 32 frames in copy mode, and says EAGAIN when more are left. */
static int packet_xdp_kick(struct packet_xdp *self, struct packet_xdp_end *one)
{
	const struct ring *ring = &one->rings[RING_SEND];
	uint64_t until = 0;

	while (__atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE) != *ring->producer) {
		self->calls++;
		if (sendto(one->fd, NULL, 0, MSG_DONTWAIT, NULL, 0) >= 0)
			continue;
		if (errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
			return -errno;
		if (until == 0)
			until = block_now_ns() + PATIENCE_NS;
		if (block_now_ns() > until)
			return -ETIME;
	}
	return 0;
}

static int packet_xdp_send(void *state, unsigned int end, const void *message, unsigned int count)
{
	struct packet_xdp *self = state;
	struct packet_xdp_end *one = &self->ends[end];
	struct ring *ring = &one->rings[RING_SEND];
	struct xdp_desc *entries = ring->entries;
	uint32_t put = *ring->producer; /* Only we move it. */

	packet_xdp_reap(one);
	/* The ring holds eight batches: only a receiver that stands still gets us here. */
	if (one->on_the_way + count > ENTRIES)
		return -ENOBUFS;
	for (unsigned int at = 0; at < count; at++) {
		uint64_t place = (uint64_t)(ENTRIES + one->next_frame++ % ENTRIES) * FRAME_BYTES;

		packet_frame_fill(one->umem + place, self->shape.pair, end, message,
				  self->shape.bytes);
		entries[put++ % ENTRIES] = (struct xdp_desc){
			.addr = place, .len = (uint32_t)PACKET_HEADER_BYTES + self->shape.bytes};
	}
	one->on_the_way += count;
	__atomic_store_n(ring->producer, put, __ATOMIC_RELEASE);
	return packet_xdp_kick(self, one);
}

/* The frame goes back to be filled again. */
static void packet_xdp_return(struct packet_xdp_end *one)
{
	struct ring *received = &one->rings[RING_RECEIVE];
	struct ring *fill = &one->rings[RING_FILL];
	uint32_t taken = *received->consumer;
	uint32_t filled = *fill->producer;
	const struct xdp_desc *entries = received->entries;
	uint64_t place = entries[taken % ENTRIES].addr;

	((uint64_t *)fill->entries)[filled % ENTRIES] = place - place % FRAME_BYTES;
	__atomic_store_n(fill->producer, filled + 1, __ATOMIC_RELEASE);
	__atomic_store_n(received->consumer, taken + 1, __ATOMIC_RELEASE);
}

static const void *packet_xdp_take(void *state, unsigned int end)
{
	struct packet_xdp *self = state;
	struct packet_xdp_end *one = &self->ends[end];
	const struct ring *ring = &one->rings[RING_RECEIVE];
	const struct xdp_desc *entries = ring->entries;

	for (;;) {
		const struct xdp_desc *entry;
		struct ethhdr header;

		if (one->holds)
			packet_xdp_return(one);
		one->holds = *ring->consumer != __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
		if (!one->holds) {
			errno = EAGAIN;
			return NULL;
		}
		entry = &entries[*ring->consumer % ENTRIES];
		memcpy(&header, one->umem + entry->addr, sizeof(header));
		/* The kernel's own frames, such as those by which IPv6 looks around, pass by. */
		if (header.h_proto == htons(PACKET_ETHERTYPE))
			return one->umem + entry->addr + PACKET_HEADER_BYTES;
	}
}

static uint64_t packet_xdp_calls(const void *state)
{
	const struct packet_xdp *self = state;

	return self->calls;
}

const struct packet_path packet_xdp = {
	.name = "af_xdp",
	.needs_pair = true,
	.open = packet_xdp_open,
	.send = packet_xdp_send,
	.take = packet_xdp_take,
	.calls = packet_xdp_calls,
	.close = packet_xdp_close,
};
