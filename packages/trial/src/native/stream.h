/*
 * stream.h: an open file that we look ahead in or hold writes for. Descriptors that the program
 * duplicated share one, as they share their offset in the kernel.
 */
#ifndef CROSSBILL_LIVE_STREAM_H
#define CROSSBILL_LIVE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As much as a read() with a good buffer would ask for (64 KiB is the sweet spot for files). */
#define STREAM_WINDOW_BYTES 65536
#define STREAM_HELD_BYTES 65536
/* A pipe takes at most PIPE_BUF bytes at once without those of another writer among them. */
#define STREAM_PIPE_HELD_BYTES 4096
/* Calls of this size and more gain nothing from a buffer. */
#define STREAM_LARGE_BYTES 16384

enum stream_kind { STREAM_FILE, STREAM_PIPE };

struct stream {
	const void *owner; /* the thread that is inside, or NULL */
	int fd;		   /* one of the descriptors that refer to it; -1: the stream is free */
	int references;
	enum stream_kind kind;
	bool reads;    /* we may look ahead */
	bool writes;   /* we may hold */
	bool shared;   /* another process has the same open file: the offset is not ours alone */
	bool flushing; /* the owner is inside a write of held bytes */
	dev_t device;
	ino_t inode;

	/* Bytes of the file or pipe that were looked at and not yet used up. */
	char *window;
	off_t window_offset;
	size_t window_length;
	size_t ahead;	/* how many bytes were looked at last */
	off_t expected; /* where a program that goes straight on will read next */
	int64_t window_ns;
	unsigned int looks;  /* how often the kernel was asked, ... */
	unsigned int served; /* ... and how often not */
	unsigned int sought; /* seeks among them */
	bool exact;	     /* look at no more than is read: seeks alone are spared */
	/* Where the program believes to be. Of a pipe: bytes of the window that it has read. */
	off_t position;
	bool knows_position;
	bool moved; /* the kernel does not know it yet */

	char *held;
	size_t held_length;
	unsigned int held_writes;
	unsigned int lonely; /* flushes in a row that held a single write */
	int late_error;
};

enum stream_side { STREAM_READ, STREAM_WRITE };

/*
 * The stream of `fd`, for this thread alone until stream_leave; NULL when the call is to be made as
 * it is. `bytes` is how much it moves: the first small calls and large ones are left alone.
 */
struct stream *stream_enter(int fd, enum stream_side side, size_t bytes);
/* Whether it is known to be a file: a call for it waits for no peer. */
bool stream_is_file(int fd);
/* Whether it is known to be none, so that nothing written to it changes a file. */
bool stream_is_no_file(int fd);
/* The stream if there is one already. */
struct stream *stream_find(int fd);
void stream_leave(struct stream *stream);

/* Locks a stream that is in use unless another thread is inside, or this one. */
bool stream_try(struct stream *stream);
/* Any of them, for (index = 0; (stream = stream_at(index)); index++). */
struct stream *stream_at(unsigned int index);

/* `fd` is new, or no longer what it was. What it held must be settled before. */
void stream_forget(int fd);
void stream_forget_all(void);
/* `to` is a duplicate of `from`. */
void stream_duplicate(int from, int to);
/* Before `fd` is duplicated or inherited: what is not known cannot be shared later. */
void stream_learn(int fd);
/* Never again for this descriptor: the program does with it what we cannot follow. */
void stream_stand_down(int fd);

/* In the child of a fork: no other thread is inside any more, and every stream is shared. */
void stream_after_fork(void);
/* Descriptors that could be meant by close_range: as many as the table has. */
#define STREAM_DESCRIPTORS 1024

#endif
