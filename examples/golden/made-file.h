/*
 * made-file: a file of words to read, made once and kept, so that what is measured is the reading.
 * It stays in the working directory as words-BYTES.
 */
#ifndef MADE_FILE_H
#define MADE_FILE_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MADE_LINE 64u
#define MADE_BLOCK (1u << 18)

static inline void made_file_fail(const char *what)
{
	perror(what);
	exit(1);
}

static inline void made_file_write(const char *path, size_t bytes)
{
	static char block[MADE_BLOCK];
	uint32_t state = 1;
	char draft[64];
	FILE *out;

	for (size_t at = 0; at < sizeof(block); at++) {
		state = state * 1664525u + 1013904223u;
		block[at] = (at + 1) % MADE_LINE ? (char)('a' + (state >> 24) % 26) : '\n';
	}
	snprintf(draft, sizeof(draft), "%s.%d", path, getpid());
	/* At its full size before it is opened: so it is known to whoever asks at the first
	 * opening. */
	if (mknod(draft, S_IFREG | 0600, 0) || truncate(draft, (off_t)bytes))
		made_file_fail(draft);
	out = fopen(draft, "r+");
	if (!out || setvbuf(out, NULL, _IONBF, 0))
		made_file_fail(draft);
	for (size_t left = bytes, piece; left > 0; left -= piece) {
		piece = left < sizeof(block) ? left : sizeof(block);
		if (fwrite(block, 1, piece, out) != piece)
			made_file_fail(draft);
	}
	if (fclose(out) || rename(draft, path))
		made_file_fail(path);
}

/* By a process of its own: the one that reads it shall not have written it. */
static inline void made_file_by_child(const char *path, size_t bytes)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		made_file_write(path, bytes);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
		made_file_fail(path);
}

/* A descriptor of it, opened for reading. */
static inline int made_file(size_t bytes)
{
	struct stat found;
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "words-%zu", bytes);
	if (stat(path, &found) || (size_t)found.st_size != bytes)
		made_file_by_child(path, bytes);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		made_file_fail(path);
	return fd;
}

/* The first argument as a number, or what is usual. */
static inline size_t first_argument(int argc, char **argv, size_t usual)
{
	return argc > 1 ? strtoull(argv[1], NULL, 10) : usual;
}

/* Places in a file in an order without order, the same in every run. */
static inline uint64_t next_place(uint64_t *state, uint64_t places)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % places;
}

#endif
