/* replay: what all ways to replay the same calls share. */
#define _GNU_SOURCE 1
#include "replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device-bytes.h"
#include "mechanism.h"
#include "run-queue.h"
#include "temporary-file.h"

#define MOST_PIECE (16u << 20)
/* What replay_written may add. */
#define SHIFTS 65536u
#define CHECKED_BYTES (1u << 20)
/* JSON's numbers hold 53 bits. */
#define CHECKSUM_BITS 52

uint64_t replay_fold(uint64_t checksum, const unsigned char *data, size_t bytes)
{
	const uint64_t prime = 0x100000001b3ull; /* FNV-1a, by words */
	size_t at = 0;

	for (; at + sizeof(uint64_t) <= bytes; at += sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, data + at, sizeof(word));
		checksum = (checksum ^ word) * prime;
		checksum ^= checksum >> 29; /* Or high bits would never reach low ones. */
	}
	for (; at < bytes; at++)
		checksum = (checksum ^ data[at]) * prime;
	return checksum;
}

/* Without its own trace: the access time stays as it is where the file is ours. */
static int replay_open_source(const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(path, flags | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = open(path, flags);
	return fd < 0 ? -errno : fd;
}

static int replay_source(struct replay *self)
{
	const struct replay_head *head = &self->plan.head;
	struct stat status;

	self->source = replay_open_source(self->plan.path);
	if (self->source < 0) {
		mechanism_refused("the recorded file");
		return self->source;
	}
	if (fstat(self->source, &status) < 0)
		return -errno;
	if (S_ISREG(status.st_mode) && status.st_dev == head->device &&
	    status.st_ino == head->inode && (uint64_t)status.st_size == head->file_bytes)
		return 0;
	mechanism_refused("the recorded file (it changed while it was tried)");
	return -ESTALE;
}

static int replay_files(struct replay *self, struct parameters *parameters)
{
	const char *scratch = parameter_text(parameters, "scratch", NULL);
	bool has_source = self->plan.head.path_bytes > 0;
	int error = has_source ? replay_source(self) : 0;

	if (error)
		return error;
	if (scratch) {
		self->scratch = open(scratch, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (self->scratch < 0) {
			mechanism_refused("the scratch file");
			return -errno;
		}
	}
	self->fd = has_source ? self->source : self->scratch;
	/* What is read stands still; what is written is never the user's. */
	return self->fd < 0 || (has_source && self->plan.has_writes) ? -EINVAL : 0;
}

static int replay_memory(struct replay *self)
{
	uint64_t random = 88172645463325252ull;
	size_t bytes = self->plan.largest + SHIFTS;

	self->buffer = malloc(bytes);
	self->store = malloc(self->piece);
	if (!self->buffer || !self->store)
		return -ENOMEM;
	memset(self->store, 0, self->piece); /* Or the first block would fault in it. */
	for (size_t at = 0; at < bytes; at++) {
		/* xorshift64, Marsaglia 2003: no file system can compress it. */
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		self->buffer[at] = (unsigned char)random;
	}
	return 0;
}

int replay_begin(struct replay *self, struct parameters *parameters)
{
	const char *plan = parameter_text(parameters, "plan", "");
	int error;

	*self = (struct replay){.source = -1, .scratch = -1, .fd = -1};
	self->piece = (size_t)parameter_number(parameters, "piece", 65536);
	self->group = parameter_number(parameters, "group", 1);
	if (self->piece < 1 || self->piece > MOST_PIECE || self->group < 1)
		return -EINVAL;
	error = replay_plan_read(&self->plan, plan);
	if (error)
		return error;
	error = replay_files(self, parameters);
	if (!error)
		error = replay_memory(self);
	if (error)
		replay_end(self);
	return error;
}

void replay_end(struct replay *self)
{
	if (self->source >= 0)
		close(self->source);
	if (self->scratch >= 0)
		close(self->scratch);
	free(self->buffer);
	free(self->store);
	replay_plan_free(&self->plan);
}

int replay_open(void **state, struct parameters *parameters)
{
	struct replay *self = malloc(sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	error = replay_begin(self, parameters);
	if (error)
		free(self);
	else
		*state = self;
	return error;
}

void replay_close(void *state)
{
	replay_end(state);
	free(state);
}

/* As it was before the first recorded call, and nothing of it waiting to be written. */
static int replay_restore_scratch(const struct replay *self)
{
	uint64_t bytes = self->plan.head.scratch_bytes;
	struct stat status;
	int error;

	if (fstat(self->scratch, &status) < 0)
		return -errno;
	if (bytes == 0 || (uint64_t)status.st_size != bytes) {
		if (ftruncate(self->scratch, 0) < 0 || lseek(self->scratch, 0, SEEK_SET) < 0)
			return -errno;
		error = temporary_file_fill(self->scratch, bytes);
		if (error)
			return error;
	}
	if (fdatasync(self->scratch) < 0)
		return -errno;
	return lseek(self->scratch, 0, SEEK_SET) < 0 ? -errno : 0;
}

/* All that will be read, once: it is then in the page cache as far as it finds room there. */
static int replay_touch(const struct replay *self)
{
	for (uint64_t i = 0; i < self->plan.head.accesses; i++) {
		const struct replay_access *access = &self->plan.accesses[i];

		if (replay_is_read(access) &&
		    pread(self->fd, self->buffer, access->asked, (off_t)access->offset) < 0)
			return -errno;
	}
	return 0;
}

static int replay_to_start(struct replay *self)
{
	self->calls = 0;
	self->bytes = 0;
	self->differing = 0;
	return lseek(self->fd, (off_t)self->plan.accesses[0].offset, SEEK_SET) < 0 ? -errno : 0;
}

int replay_ready(void *state, uint64_t calls)
{
	struct replay *self = state;
	int error = self->scratch >= 0 ? replay_restore_scratch(self) : 0;

	if (calls != 1)
		return -EINVAL;
	if (!error && self->plan.head.is_cold) {
		/* Needs no right; pages that wait to be written, or are in use elsewhere, would
		 * stay. */
		if (fdatasync(self->fd) < 0)
			return -errno;
		error = -posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED);
	} else if (!error && !self->was_touched && !self->plan.has_writes) {
		error = replay_touch(self);
		self->was_touched = true;
	}
	if (!error)
		error = replay_to_start(self);
	self->device_bytes_before = device_bytes_read();
	self->queue_ns_before = run_queue_ns();
	return error;
}

int replay_perform(struct replay *self, const struct replay_access *access)
{
	off_t offset = (off_t)access->offset;
	const unsigned char *written = replay_written(self, access->offset);
	ssize_t result = 0;

	self->calls++;
	switch ((enum replay_operation)access->operation) {
	case REPLAY_READ:
		result = read(self->fd, self->buffer, access->asked);
		break;
	case REPLAY_PREAD:
		result = pread(self->fd, self->buffer, access->asked, offset);
		break;
	case REPLAY_WRITE:
		result = write(self->fd, written, access->asked);
		break;
	case REPLAY_PWRITE:
		result = pwrite(self->fd, written, access->asked, offset);
		break;
	case REPLAY_SEEK:
		return lseek(self->fd, offset, SEEK_SET) < 0 ? -errno : 0;
	case REPLAY_SYNC:
		return fsync(self->fd) < 0 ? -errno : 0;
	case REPLAY_DATA_SYNC:
		return fdatasync(self->fd) < 0 ? -errno : 0;
	case REPLAY_OPERATIONS:
		return -EINVAL;
	}
	if (result < 0)
		return -errno;
	replay_delivered(self, access, replay_is_read(access) ? self->buffer : written,
			 (size_t)result);
	return 0;
}

/* The whole scratch file, as the timed run left it. */
static int replay_check_scratch(struct replay *self)
{
	unsigned char *data = malloc(CHECKED_BYTES);
	off_t at = 0;
	ssize_t got;

	if (!data)
		return -ENOMEM;
	while ((got = pread(self->scratch, data, CHECKED_BYTES, at)) > 0) {
		self->checksum = replay_fold(self->checksum, data, (size_t)got);
		at += got;
	}
	free(data);
	return got < 0 ? -errno : 0;
}

/* Reads are made once more to see their bytes: looking at them must not be timed. */
static int replay_check(struct replay *self, int (*run)(void *state, uint64_t calls))
{
	struct replay before = *self;
	int error;

	self->was_checked = true;
	if (self->scratch >= 0)
		return replay_check_scratch(self);
	error = replay_to_start(self);
	if (error)
		return error;
	self->is_checking = true;
	error = run(self, 1);
	self->is_checking = false;
	self->calls = before.calls;
	self->bytes = before.bytes;
	self->differing += before.differing;
	return error;
}

int replay_done(struct replay *self, int (*run)(void *state, uint64_t calls), struct tally *tally)
{
	uint64_t queue_ns = run_queue_ns() - self->queue_ns_before;
	uint64_t device_bytes = device_bytes_read() - self->device_bytes_before;
	int error = self->was_checked ? 0 : replay_check(self, run);

	tally_count(tally, "systemCalls", self->calls);
	tally_count(tally, "bytes", self->bytes);
	tally_count(tally, "differing", self->differing);
	tally_count(tally, "deviceBytes", device_bytes);
	tally_count(tally, "queueNs", queue_ns);
	tally_count(tally, "checksum", self->checksum >> (64 - CHECKSUM_BITS));
	return error;
}
