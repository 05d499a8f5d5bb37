/*
 * packet-path: one way for messages from one end of a veth pair to the other, or for what stands
 * beside it. A message is `bytes` bytes; how it is framed is the path's own affair.
 */
#ifndef CROSSBILL_PACKET_PATH_H
#define CROSSBILL_PACKET_PATH_H

#include <arpa/inet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "parameters.h"
#include "veth-pair.h"

/* At most this many messages at once: what one UDP send may be cut into before Linux 6.9. */
#define PACKET_MOST_BATCH 64u
/* Fits a frame of Ethernet with any headers. */
#define PACKET_MOST_BYTES 1400u
/* "Local experimental" of IEEE 802: frames that no protocol of the kernel takes for its own. */
#define PACKET_ETHERTYPE 0x88B5u

struct packet_shape {
	unsigned int bytes;
	unsigned int batch;
	/* Waits by sleeping in the kernel; else take returns at once. */
	bool sleeps;
	/* Both ends send; else end 0 only. */
	bool both_ways;
	const struct veth_pair *pair;
};

struct packet_path {
	const char *name;
	/* NULL for a path without a network: shape->pair is NULL then. */
	bool needs_pair;
	/* Returns 0 or -errno. */
	int (*open)(void **state, const struct packet_shape *shape);
	/* Sends `count` times the message from an end; count <= shape->batch. 0 or -errno. */
	int (*send)(void *state, unsigned int end, const void *message, unsigned int count);
	/*
	 * The next message at an end, valid until the next take there; NULL with errno, which is
	 * EAGAIN when there is none.
	 */
	const void *(*take)(void *state, unsigned int end);
	/* System calls made so far by this process. */
	uint64_t (*calls)(const void *state);
	void (*close)(void *state);
};

extern const struct packet_path packet_udp;
extern const struct packet_path packet_udp_batch;
extern const struct packet_path packet_udp_segments;
extern const struct packet_path packet_uring;
extern const struct packet_path packet_mmap;
extern const struct packet_path packet_xdp;
extern const struct packet_path packet_ring;

#define PACKET_HEADER_BYTES sizeof(struct ethhdr)

/* Writes a whole frame from that end to the other. */
static inline void packet_frame_fill(unsigned char *frame, const struct veth_pair *pair,
				     unsigned int end, const void *message, unsigned int bytes)
{
	struct ethhdr header = {.h_proto = htons(PACKET_ETHERTYPE)};

	memcpy(header.h_dest, pair->ends[1 - end].address, ETH_ALEN);
	memcpy(header.h_source, pair->ends[end].address, ETH_ALEN);
	memcpy(frame, &header, sizeof(header));
	memcpy(frame + sizeof(header), message, bytes);
}

/* The path that the parameter `path` names. */
const struct packet_path *packet_path_chosen(struct parameters *parameters);
/* Reads `bytes` and `batch`. Returns 0 or -EINVAL. */
int packet_shape_read(struct packet_shape *shape, struct parameters *parameters);

/* Takes the next message, however long that takes; NULL with ETIME when none comes. */
const void *packet_path_await(const struct packet_path *path, void *state, unsigned int end);

#endif
