/* message-pipe: messages between two processes over a pair of pipes. See conversation. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "conversation.h"
#include "descriptors-pair.h"

static int message_pipe_open_channel(void **state, size_t bytes, struct parameters *parameters)
{
	struct descriptors_pair *self = calloc(1, sizeof(*self));
	int there[2], back[2];

	(void)bytes;
	(void)parameters;
	if (!self)
		return -ENOMEM;
	if (pipe2(there, O_CLOEXEC) < 0)
		goto fail;
	if (pipe2(back, O_CLOEXEC) < 0)
		goto fail_there;
	self->in[SIDE_PEER] = there[0];
	self->out[SIDE_OURS] = there[1];
	self->in[SIDE_OURS] = back[0];
	self->out[SIDE_PEER] = back[1];
	*state = self;
	return 0;
fail_there:
	close(there[0]);
	close(there[1]);
fail:
	free(self);
	return -EMFILE;
}

static const struct channel message_pipe_channel = {
	.open = message_pipe_open_channel,
	.take_side = descriptors_pair_take_side,
	.send = descriptors_pair_send,
	.receive = descriptors_pair_receive,
	.calls = descriptors_pair_calls,
	.close = descriptors_pair_close,
};

static int message_pipe_open(void **state, struct parameters *parameters)
{
	return conversation_open(state, parameters, &message_pipe_channel);
}

MECHANISM(message_pipe_mechanism) = {
	.name = "message-pipe",
	.open = message_pipe_open,
	.ready = conversation_ready,
	.run = conversation_run,
	.done = conversation_done,
	.close = conversation_close,
};
