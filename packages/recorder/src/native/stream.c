/* stream.c: writes what a recorder saw as newline-delimited JSON, one object a line. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum {
	/* One write a buffer: the pipe's default capacity. */
	STREAM_BUFFER = 65536,
	/* The deepest line has three levels: the line, its stack, one frame. */
	STREAM_DEPTH = 8,
};

static struct {
	int fd;
	int error;
	size_t used;
	unsigned int depth;
	bool comma;
	char closer[STREAM_DEPTH];
	char buffer[STREAM_BUFFER];
} stream = {.fd = -1};

int stream_open(int fd)
{
	int flags = fcntl(fd, F_GETFD);

	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
		return -errno;
	stream.fd = fd;
	stream.error = 0;
	stream.used = 0;
	stream.depth = 0;
	return 0;
}

int stream_flush(void)
{
	size_t sent = 0;

	while (sent < stream.used && !stream.error) {
		ssize_t n = write(stream.fd, stream.buffer + sent, stream.used - sent);

		if (n >= 0) {
			sent += (size_t)n;
		} else if (errno == EAGAIN) {
			struct pollfd room = {.fd = stream.fd, .events = POLLOUT};

			(void)poll(&room, 1, -1);
		} else if (errno != EINTR) {
			stream.error = -errno;
		}
	}
	stream.used = 0;
	return stream.error;
}

static void stream_put(const char *bytes, size_t size)
{
	while (size && !stream.error) {
		size_t room = sizeof(stream.buffer) - stream.used;
		size_t part = size < room ? size : room;

		memcpy(stream.buffer + stream.used, bytes, part);
		stream.used += part;
		bytes += part;
		size -= part;
		if (stream.used == sizeof(stream.buffer))
			(void)stream_flush();
	}
}

static void stream_put_text(const char *text)
{
	stream_put(text, strlen(text));
}

static void stream_put_u64(uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	stream_put(digits + at, sizeof(digits) - at);
}

static void stream_put_escaped(const unsigned char *bytes, size_t size)
{
	static const char hex[] = "0123456789abcdef";

	stream_put("\"", 1);
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = bytes[i];
		char escape[6] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};

		if (byte < 0x20 || byte > 0x7e || byte == '"' || byte == '\\')
			stream_put(escape, sizeof(escape));
		else
			stream_put((const char *)&byte, 1);
	}
	stream_put("\"", 1);
}

static void stream_name(const char *name)
{
	if (stream.comma)
		stream_put(",", 1);
	stream.comma = true;
	if (!name)
		return;
	stream_put("\"", 1);
	stream_put_text(name);
	stream_put("\":", 2);
}

static void stream_nest(char opener, char closer)
{
	/* A caller that nests deeper is wrong: its line is spoilt, and the reader says so. */
	if (stream.depth < STREAM_DEPTH)
		stream.closer[stream.depth++] = closer;
	stream_put(&opener, 1);
	stream.comma = false;
}

void stream_object(const char *name)
{
	stream_name(name);
	stream_nest('{', '}');
}

void stream_array(const char *name)
{
	stream_name(name);
	stream_nest('[', ']');
}

void stream_close(void)
{
	if (stream.depth)
		stream_put(&stream.closer[--stream.depth], 1);
	stream.comma = true;
}

void stream_begin(const char *type)
{
	stream.comma = false;
	stream_nest('{', '}');
	stream_text("t", type);
}

int stream_finish(void)
{
	while (stream.depth)
		stream_close();
	stream_put("\n", 1);
	return stream.error;
}

void stream_u64(const char *name, uint64_t value)
{
	stream_name(name);
	stream_put_u64(value);
}

void stream_i64(const char *name, int64_t value)
{
	stream_name(name);
	if (value < 0)
		stream_put("-", 1);
	stream_put_u64(value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void stream_bool(const char *name, bool value)
{
	stream_name(name);
	stream_put_text(value ? "true" : "false");
}

void stream_null(const char *name)
{
	stream_name(name);
	stream_put_text("null");
}

void stream_bytes(const char *name, const void *bytes, size_t size)
{
	stream_name(name);
	stream_put_escaped(bytes, size);
}

void stream_text(const char *name, const char *text)
{
	if (text)
		stream_bytes(name, text, strlen(text));
	else
		stream_null(name);
}

void stream_pairs(const char *name, const uint64_t *cells, size_t n)
{
	stream_array(name);
	for (size_t i = 0; i < n; i++) {
		if (!cells[i])
			continue;
		stream_array(NULL);
		stream_u64(NULL, i);
		stream_u64(NULL, cells[i]);
		stream_close();
	}
	stream_close();
}
