/* channel-bell: wakes the peer of a channel, and sleeps until the peer does. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"

/* channelRing(socket): wakes the peer. That he has gone, his socket tells. */
static napi_value channel_ring_js(napi_env env, napi_callback_info info)
{
	static const char byte = 'b';
	napi_value value;
	int fd;

	if (!io_take(env, info, 1, &value) || !io_take_fd(env, value, &fd))
		return NULL;
	/* When it is full, he has enough to wake him. */
	if (send(fd, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EAGAIN &&
	    errno != EPIPE && errno != ECONNRESET)
		return io_throw(env, -errno, "send");
	return io_undefined(env);
}

/* Takes what rang; false when the peer has closed his end. */
static bool channel_bell_drain(int fd)
{
	char bytes[64];
	ssize_t received;

	do {
		received = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	} while (received == sizeof(bytes));
	return received > 0 || (received < 0 && (errno == EAGAIN || errno == EINTR));
}

/*
 * channelSleep(socket, milliseconds): returns when it rang, or when the time is over; false when it
 * was closed at its other end. Blocks the thread.
 */
static napi_value channel_sleep_js(napi_env env, napi_callback_info info)
{
	napi_value values[2], result;
	struct pollfd polled = {.events = POLLIN};
	int64_t milliseconds;
	bool is_there = true;
	int ready;

	if (!io_take(env, info, 2, values) || !io_take_fd(env, values[0], &polled.fd) ||
	    !io_take_integer(env, values[1], 0, INT_MAX, &milliseconds))
		return NULL;
	ready = poll(&polled, 1, (int)milliseconds);
	if (ready < 0 && errno != EINTR)
		return io_throw(env, -errno, "poll");
	if (ready > 0)
		is_there = channel_bell_drain(polled.fd);
	return napi_get_boolean(env, is_there, &result) == napi_ok ? result : NULL;
}

IO_FUNCTION("channelRing", channel_ring_js);
IO_FUNCTION("channelSleep", channel_sleep_js);
