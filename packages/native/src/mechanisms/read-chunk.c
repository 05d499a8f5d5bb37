/*
 * read-chunk: one step of reading a file from its beginning to its end in pieces of `bytes`, and
 * over again. source=page-cache|tmpfs|zero|direct; destination=kept (one buffer, touched before)
 * or fresh (memory never touched before, so that the copy itself faults); file=bytes of the file;
 * folder=where the file on a disk is kept for later processes.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "faults-taken.h"
#include "kept-file.h"
#include "mechanism.h"
#include "temporary-file.h"

#define MOST_BYTES (64u << 20)
#define MOST_FILE_BYTES (256u << 20)
#define DEFAULT_FILE_BYTES (32u << 20)
/* Fresh memory of one block: small beside any machine's memory. */
#define MOST_FRESH_BYTES (256u << 20)
/* What every block device takes: its logical blocks are 512 or 4,096 bytes. */
#define DIRECT_BYTES 4096u

enum source { FROM_PAGE_CACHE, FROM_TMPFS, FROM_ZERO, FROM_DIRECT };
static const char *const sources[] = {"page-cache", "tmpfs", "zero", "direct", NULL};

enum destination { INTO_KEPT, INTO_FRESH };
static const char *const destinations[] = {"kept", "fresh", NULL};

struct read_chunk {
	enum source source;
	enum destination destination;
	int fd;
	size_t bytes;
	size_t file_bytes;
	/* Where the next read begins. */
	size_t offset;
	unsigned char *buffer;
	size_t fresh_bytes;
	uint64_t faults_before;
};

static int read_chunk_ready(void *state, uint64_t calls)
{
	struct read_chunk *self = state;
	void *fresh;

	if (self->destination == INTO_KEPT)
		return 0;
	if (calls > MOST_FRESH_BYTES / self->bytes)
		return -EINVAL;
	self->fresh_bytes = (size_t)calls * self->bytes;
	fresh = mmap(NULL, self->fresh_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
	if (fresh == MAP_FAILED)
		return -errno;
	self->buffer = fresh;
	/* One fault a page. EINVAL: a kernel without huge pages, which needs no such advice. */
	if (madvise(fresh, self->fresh_bytes, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
		return -errno;
	return faults_taken(&self->faults_before);
}

static int read_chunk_run(void *state, uint64_t calls)
{
	struct read_chunk *self = state;
	size_t step = self->destination == INTO_FRESH ? self->bytes : 0;
	unsigned char *to = self->buffer;
	size_t offset = self->offset;

	for (uint64_t call = 0; call < calls; call++, to += step) {
		if (pread(self->fd, to, self->bytes, (off_t)offset) != (ssize_t)self->bytes)
			return -EIO;
		offset += self->bytes;
		if (offset + self->bytes > self->file_bytes)
			offset = 0;
	}
	self->offset = offset;
	return 0;
}

static int read_chunk_done(void *state, uint64_t calls, struct tally *tally)
{
	struct read_chunk *self = state;
	uint64_t after = 0;
	int error;

	tally_count(tally, "bytes", calls * self->bytes);
	if (self->destination == INTO_KEPT)
		return 0;
	error = faults_taken(&after);
	if (error)
		return error;
	tally_count(tally, "faults", after - self->faults_before);
	return munmap(self->buffer, self->fresh_bytes) < 0 ? -errno : 0;
}

static int read_chunk_tmpfs(size_t bytes)
{
	int fd = memfd_create("crossbill", MFD_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = temporary_file_fill(fd, bytes);
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* Brings the whole file into the page cache, for a run may find it there in part only. */
static int read_chunk_warm(int fd, size_t bytes)
{
	static unsigned char piece[65536];

	for (size_t at = 0; at < bytes; at += sizeof(piece))
		if (pread(fd, piece, sizeof(piece), (off_t)at) <= 0)
			return -EIO;
	return 0;
}

static int read_chunk_source(struct read_chunk *self, const char *folder)
{
	int direct = self->source == FROM_DIRECT ? O_DIRECT : 0;
	int error;

	if (self->source == FROM_TMPFS)
		return read_chunk_tmpfs(self->file_bytes);
	if (self->source == FROM_ZERO) {
		int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

		return zero < 0 ? -errno : zero;
	}
	if (direct)
		mechanism_refused("O_DIRECT on this file system");
	self->fd = folder ? kept_file_open(folder, "read-chunk", self->file_bytes, direct)
			  : temporary_file_open(self->file_bytes);
	if (self->fd < 0)
		return self->fd;
	error = direct ? 0 : read_chunk_warm(self->fd, self->file_bytes);
	return error ? error : self->fd;
}

static void read_chunk_close(void *state)
{
	struct read_chunk *self = state;

	if (self->fd >= 0)
		close(self->fd);
	if (self->destination == INTO_KEPT)
		free(self->buffer);
	free(self);
}

static int read_chunk_prepare(struct read_chunk *self, const char *folder)
{
	int fd;

	if (self->destination == INTO_KEPT) {
		void *buffer = NULL;

		/* A page of its own start, as large reads of real programs have. */
		if (posix_memalign(&buffer, 4096, self->bytes) != 0)
			return -ENOMEM;
		self->buffer = buffer;
		memset(buffer, 0, self->bytes); /* Or the first block would pay for faults. */
	}
	fd = read_chunk_source(self, folder);
	if (fd < 0)
		return fd;
	self->fd = fd;
	return 0;
}

static int read_chunk_open(void **state, struct parameters *parameters)
{
	uint64_t bytes = parameter_number(parameters, "bytes", 1);
	uint64_t file_bytes = parameter_number(parameters, "file", DEFAULT_FILE_BYTES);
	const char *folder = parameter_text(parameters, "folder", NULL);
	struct read_chunk *self;
	int error;

	if (bytes < 1 || bytes > MOST_BYTES || file_bytes < bytes || file_bytes > MOST_FILE_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->source = (enum source)parameter_choice(parameters, "source", sources);
	self->destination =
		(enum destination)parameter_choice(parameters, "destination", destinations);
	self->fd = -1;
	self->bytes = (size_t)bytes;
	self->file_bytes = (size_t)file_bytes;
	error = -EINVAL;
	if (self->source == FROM_DIRECT && (!folder || bytes % DIRECT_BYTES))
		mechanism_refused("direct reads need a folder and whole blocks of 4,096 bytes");
	else
		error = read_chunk_prepare(self, folder);
	if (error) {
		read_chunk_close(self);
		return error;
	}
	*state = self;
	return 0;
}

MECHANISM(read_chunk_mechanism) = {
	.name = "read-chunk",
	.open = read_chunk_open,
	.ready = read_chunk_ready,
	.run = read_chunk_run,
	.done = read_chunk_done,
	.close = read_chunk_close,
};
