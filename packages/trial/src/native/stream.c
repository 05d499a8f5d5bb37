/* stream: the table from descriptors to streams, and who may be inside one. */
#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "fixes.h"
#include "next.h"
#include "process.h"
#include "report.h"

#define STREAMS_MAX 64
/* A descriptor used once or twice is not worth the calls that tell what it is. */
#define STREAM_TRIES 2
/* File systems whose files hold still between two reads of ours. */
#define XFS_MAGIC 0x58465342
#define ZFS_MAGIC 0x2fc12fc1

static struct stream streams[STREAMS_MAX];
static unsigned int streams_used;
static struct stream *slots[STREAM_DESCRIPTORS];
static unsigned char tries[STREAM_DESCRIPTORS];
/* What a slot says instead of a stream: nothing is to be done; and also that it is no file. */
static struct stream left_alone;
static struct stream no_file;
/* Its address says which thread this is, without a call. */
static _Thread_local char self __attribute__((tls_model("initial-exec")));

bool stream_try(struct stream *stream)
{
	const void *nobody = NULL;

	return __atomic_compare_exchange_n(&stream->owner, &nobody, &self, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* False when this very thread is inside, further up: a signal handler came between. */
static bool stream_lock(struct stream *stream)
{
	const struct timespec pause = {.tv_nsec = 50000};

	for (unsigned int attempt = 0; !stream_try(stream); attempt++) {
		if (__atomic_load_n(&stream->owner, __ATOMIC_RELAXED) == &self)
			return false;
		if (attempt > 100)
			next_kernel(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	return true;
}

void stream_leave(struct stream *stream)
{
	__atomic_store_n(&stream->owner, NULL, __ATOMIC_RELEASE);
}

struct stream *stream_at(unsigned int index)
{
	return index < __atomic_load_n(&streams_used, __ATOMIC_ACQUIRE) ? &streams[index] : NULL;
}

static struct stream *stream_slot(int fd)
{
	if (fd < 0 || fd >= STREAM_DESCRIPTORS)
		return &left_alone;
	return __atomic_load_n(&slots[fd], __ATOMIC_ACQUIRE);
}

static bool stream_is_real(const struct stream *stream)
{
	return stream && stream != &left_alone && stream != &no_file;
}

static void stream_set_slot(int fd, struct stream *stream)
{
	__atomic_store_n(&slots[fd], stream, __ATOMIC_RELEASE);
}

/* 64 streams at once; who comes later is left alone. */
static struct stream *stream_take_free(void)
{
	for (unsigned int i = 0; i < STREAMS_MAX; i++) {
		struct stream *stream = &streams[i];

		if (!stream_try(stream))
			continue;
		if (!stream->references) {
			char *window = stream->window;
			char *held = stream->held;

			*stream = (struct stream){.owner = &self, .window = window, .held = held};
			if (i >= __atomic_load_n(&streams_used, __ATOMIC_RELAXED))
				__atomic_store_n(&streams_used, i + 1, __ATOMIC_RELEASE);
			return stream;
		}
		stream_leave(stream);
	}
	return NULL;
}

static bool stream_has_buffers(struct stream *stream)
{
	size_t bytes = STREAM_WINDOW_BYTES + STREAM_HELD_BYTES;
	char *memory;

	if (stream->window)
		return true;
	memory = (char *)next_kernel(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
	if (memory == MAP_FAILED)
		return false;
	stream->window = memory;
	stream->held = memory + STREAM_WINDOW_BYTES;
	return true;
}

/* Files of /proc and the like are made by reading them, those of a network change unseen. */
static bool stream_holds_still(int fd)
{
	struct statfs system;

	if (next_kernel(SYS_fstatfs, fd, &system))
		return false;
	switch (system.f_type) {
	case EXT4_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case RAMFS_MAGIC:
	case XFS_MAGIC:
	case ZFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* 1: the same open file, 0: another, -1: the kernel does not tell. */
static int stream_is_same(int fd, int other)
{
	long pid = next_kernel(SYS_getpid);
	long order = next_kernel(SYS_kcmp, pid, pid, KCMP_FILE, (long)fd, (long)other);

	return order < 0 ? -1 : order == 0;
}

/* A stream of the same open file, which the program inherited under two numbers, or NULL. When the
 * kernel does not tell, `*unsure` is set. */
static struct stream *stream_twin(int fd, const struct stat *status, bool *unsure)
{
	struct stream *stream;

	for (unsigned int i = 0; (stream = stream_at(i)); i++) {
		int same;

		if (!stream->references || stream->inode != status->st_ino ||
		    stream->device != status->st_dev)
			continue;
		same = stream_is_same(fd, stream->fd);
		if (same == 1)
			return stream;
		if (same < 0)
			*unsure = true;
	}
	return NULL;
}

/* What may be done with the descriptor, from its mode and its flags. */
static bool stream_classify(struct stream *stream, int fd, const struct stat *status)
{
	long flags = next_kernel(SYS_fcntl, fd, F_GETFL);
	long access = flags & O_ACCMODE;

	if (flags < 0 || (flags & (O_NONBLOCK | O_DIRECT | O_PATH | O_SYNC | O_DSYNC)))
		return false;
	stream->kind = S_ISREG(status->st_mode) ? STREAM_FILE : STREAM_PIPE;
	stream->reads = fixes.reads && access != O_WRONLY;
	stream->writes = fixes.writes && access != O_RDONLY;
	/* A file is kept even when nothing is done with it: reading it never waits for a peer. */
	if (stream->kind == STREAM_FILE)
		return stream_holds_still(fd);
	return stream->reads || stream->writes;
}

/* Makes the slot of `fd` known: to a stream, to a twin's stream, or to be left alone. */
static void stream_identify(int fd)
{
	struct stream *stream = NULL;
	struct stream *twin;
	struct stat status;
	bool unsure = false;
	int error = errno;

	report_add(FACT_crossed, 2);
	stream_set_slot(fd, &left_alone);
	if (next_kernel(SYS_fstat, fd, &status))
		goto out;
	if (!S_ISREG(status.st_mode))
		stream_set_slot(fd, &no_file);
	if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
		goto out;
	twin = stream_twin(fd, &status, &unsure);
	if (unsure)
		goto out;
	if (twin) {
		__atomic_add_fetch(&twin->references, 1, __ATOMIC_ACQ_REL);
		stream_set_slot(fd, twin);
		goto out;
	}
	stream = stream_take_free();
	if (!stream)
		goto out;
	if (stream_classify(stream, fd, &status) && stream_has_buffers(stream)) {
		stream->fd = fd;
		stream->references = 1;
		stream->device = status.st_dev;
		stream->inode = status.st_ino;
		stream_set_slot(fd, stream);
	}
	stream_leave(stream);
out:
	errno = error;
}

void stream_learn(int fd)
{
	if (process_is_ours() && !stream_slot(fd))
		stream_identify(fd);
}

struct stream *stream_find(int fd)
{
	struct stream *stream = stream_slot(fd);

	if (!stream_is_real(stream) || !stream_lock(stream))
		return NULL;
	if (stream_slot(fd) == stream)
		return stream;
	stream_leave(stream); /* Another thread closed it meanwhile. */
	return NULL;
}

/* Other processes may wait for bytes of a pipe that we only look at: make's tokens are such. Its
 * standard input a program has to itself. */
static bool stream_may_look(const struct stream *stream, int fd)
{
	return stream->reads && (stream->kind == STREAM_FILE || fd == STDIN_FILENO);
}

struct stream *stream_enter(int fd, enum stream_side side, size_t bytes)
{
	struct stream *stream;

	if (!process_is_ours())
		return NULL;
	if (!stream_slot(fd)) {
		if (bytes >= STREAM_LARGE_BYTES || tries[fd]++ < STREAM_TRIES)
			return NULL;
		stream_identify(fd);
	}
	stream = stream_find(fd);
	if (!stream || (side == STREAM_READ ? stream_may_look(stream, fd) : stream->writes))
		return stream;
	stream_leave(stream);
	return NULL;
}

bool stream_is_file(int fd)
{
	struct stream *stream = stream_slot(fd);

	return stream_is_real(stream) && stream->kind == STREAM_FILE;
}

bool stream_is_no_file(int fd)
{
	struct stream *stream = stream_slot(fd);

	return stream == &no_file || (stream_is_real(stream) && stream->kind == STREAM_PIPE);
}

void stream_forget(int fd)
{
	struct stream *stream = stream_slot(fd);

	if (!process_is_ours() || fd < 0 || fd >= STREAM_DESCRIPTORS)
		return;
	tries[fd] = 0;
	stream_set_slot(fd, NULL);
	if (!stream_is_real(stream))
		return;
	/* Two threads may let go of two descriptors of it at once. */
	if (!__atomic_sub_fetch(&stream->references, 1, __ATOMIC_ACQ_REL) || stream->fd != fd)
		return;
	for (int other = 0; other < STREAM_DESCRIPTORS; other++)
		if (stream_slot(other) == stream)
			stream->fd = other;
}

void stream_forget_all(void)
{
	for (int fd = 0; fd < STREAM_DESCRIPTORS; fd++)
		stream_forget(fd);
}

void stream_duplicate(int from, int to)
{
	struct stream *stream = stream_slot(from);

	if (!process_is_ours() || to < 0 || to >= STREAM_DESCRIPTORS || from == to)
		return;
	stream_forget(to);
	if (from < 0 || from >= STREAM_DESCRIPTORS)
		stream = &left_alone;
	if (stream_is_real(stream))
		__atomic_add_fetch(&stream->references, 1, __ATOMIC_ACQ_REL);
	stream_set_slot(to, stream);
}

void stream_stand_down(int fd)
{
	struct stream *stream = stream_slot(fd);

	if (!process_is_ours() || fd < 0 || fd >= STREAM_DESCRIPTORS)
		return;
	if (stream_is_real(stream)) {
		stream->reads = false;
		stream->writes = false;
	}
	stream_forget(fd);
	stream_set_slot(fd, &left_alone);
}

void stream_after_fork(void)
{
	struct stream *stream;

	for (unsigned int i = 0; (stream = stream_at(i)); i++) {
		stream->owner = NULL;
		stream->shared = true;
	}
}
