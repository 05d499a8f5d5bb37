/* descriptors-pair: a channel of two ends that are file descriptors, read and written whole. */
#ifndef CROSSBILL_DESCRIPTORS_PAIR_H
#define CROSSBILL_DESCRIPTORS_PAIR_H

#include "conversation.h"

struct descriptors_pair {
	/* By side; -1 when the other process has it. */
	int in[2];
	int out[2];
	/* System calls made by this process. */
	uint64_t calls;
};

/* Hooks of a channel whose state is a struct descriptors_pair from calloc. */
void descriptors_pair_take_side(void *state, enum side side);
int descriptors_pair_send(void *state, enum side side, const void *message, size_t bytes);
const void *descriptors_pair_receive(void *state, enum side side, void *buffer, size_t bytes);
uint64_t descriptors_pair_calls(const void *state, enum side side);
void descriptors_pair_close(void *state);

#endif
