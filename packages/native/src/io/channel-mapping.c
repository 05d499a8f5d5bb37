/* channel-mapping: the memory of a channel as an ArrayBuffer, offered to a peer or taken from one.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/channel-memory.h"
#include "io/failure.h"

static void channel_mapping_finalize(napi_env env, void *base, void *length)
{
	(void)env;
	munmap(base, (size_t)(uintptr_t)length);
}

/* The ArrayBuffer of a memory file, which is closed; NULL with an exception pending. */
static napi_value channel_mapping_of(napi_env env, int fd)
{
	struct channel_memory memory;
	napi_value buffer;
	int error = channel_memory_map(fd, &memory);

	close(fd);
	if (error)
		return io_throw(env, error, "mmap");
	if (napi_create_external_arraybuffer(env, memory.base, memory.length,
					     channel_mapping_finalize,
					     (void *)(uintptr_t)memory.length, &buffer) == napi_ok)
		return buffer;
	munmap(memory.base, memory.length);
	napi_throw_error(env, NULL, "this runtime has no ArrayBuffer of memory from outside");
	return NULL;
}

/* channelOffer(socket, ringBytes): new memory, mapped, and passed over the socket. */
static napi_value channel_offer_js(napi_env env, napi_callback_info info)
{
	napi_value values[2];
	int64_t ring_bytes;
	int socket;
	int error;
	int fd;

	if (!io_take(env, info, 2, values) || !io_take_fd(env, values[0], &socket) ||
	    !io_take_integer(env, values[1], 1, CHANNEL_MOST_RING_BYTES, &ring_bytes))
		return NULL;
	fd = channel_memory_create((size_t)ring_bytes);
	if (fd < 0)
		return io_throw(env, fd, "memfd_create");
	error = channel_memory_pass(socket, fd);
	if (error) {
		close(fd);
		return io_throw(env, error, "sendmsg");
	}
	return channel_mapping_of(env, fd);
}

/* channelTake(socket): the memory that the peer has passed. */
static napi_value channel_take_js(napi_env env, napi_callback_info info)
{
	napi_value value;
	int socket;
	int fd;

	if (!io_take(env, info, 1, &value) || !io_take_fd(env, value, &socket))
		return NULL;
	fd = channel_memory_receive(socket);
	return fd < 0 ? io_throw(env, fd, "recvmsg") : channel_mapping_of(env, fd);
}

IO_FUNCTION("channelOffer", channel_offer_js);
IO_FUNCTION("channelTake", channel_take_js);
