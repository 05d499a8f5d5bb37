/*
 * faulty-disk: faulty-disk FOLDER COMMAND... runs a command that finds a file system of our own at
 * FOLDER, of which each file has one fault. It is seen in a mount namespace of its own, and ends
 * with the command, whose status it exits with. All files have a mebibyte of which each 4 KiB page
 * holds its own number modulo 251.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fuse.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_BYTES (1u << 20)
#define PAGE_BYTES 4096u
/* Of `broken`: the pages that cannot be read. */
#define BROKEN_BEGIN (FILE_BYTES / 2)
#define BROKEN_END (BROKEN_BEGIN + 2 * PAGE_BYTES)
/* Of `short`: no read delivers more; a prime. */
#define SHORT_BYTES 997u
/* Of `full`: no write takes more, and none beyond that is taken. */
#define FULL_BYTES (FILE_BYTES / 4)
#define FULL_STEP 65521u
#define REQUEST_BYTES (FILE_BYTES + PAGE_BYTES)

enum node {
	NOBODY,
	ROOT, /* FUSE_ROOT_ID */
	GOOD,
	BROKEN,	     /* EIO for two of its pages */
	SHORT,	     /* reads deliver less than asked for */
	INTERRUPTED, /* every second read is EINTR */
	SHRINKING,   /* becomes one page when its second half is read */
	FULL,	     /* ENOSPC */
	WORN,	     /* EIO when it is written to */
	MADE,	     /* made here: EIO when it is closed */
	LOST,	     /* EIO when it is looked for */
	NODES,
};

static const char *const node_names[NODES] = {
	[GOOD] = "good",	   [BROKEN] = "broken",
	[SHORT] = "short",	   [INTERRUPTED] = "interrupted",
	[SHRINKING] = "shrinking", [FULL] = "full",
	[WORN] = "worn",	   [LOST] = "lost",
};

static char made_name[NAME_MAX + 1]; /* empty: there is none */
static bool has_shrunk;
static unsigned int interrupted_reads;
static int device;

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t length)
{
	static unsigned char out[sizeof(struct fuse_out_header) + REQUEST_BYTES];
	struct fuse_out_header header = {
		.len = (uint32_t)(sizeof(header) + length),
		.error = -error,
		.unique = in->unique,
	};

	memcpy(out, &header, sizeof(header));
	if (length)
		memcpy(out + sizeof(header), data, length);
	/* ENOENT: whoever asked has been killed meanwhile. */
	if (write(device, out, header.len) < 0 && errno != ENOENT)
		perror("faulty-disk: answer");
}

static struct fuse_attr attributes(uint64_t node)
{
	bool is_folder = node == ROOT;
	uint64_t size = node == MADE || node == FULL || node == WORN ? 0 : FILE_BYTES;

	if (node == SHRINKING && has_shrunk)
		size = PAGE_BYTES;
	return (struct fuse_attr){
		.ino = node,
		.size = is_folder ? 0 : size,
		.blocks = size / 512,
		.mode = is_folder ? S_IFDIR | 0755 : S_IFREG | 0644,
		.nlink = 1,
		.blksize = PAGE_BYTES,
	};
}

static struct fuse_entry_out entry(uint64_t node)
{
	return (struct fuse_entry_out){.nodeid = node, .attr = attributes(node)};
}

static uint64_t find(const char *name)
{
	for (uint64_t node = ROOT + 1; node < NODES; node++)
		if (node_names[node] && strcmp(node_names[node], name) == 0)
			return node;
	return *made_name && strcmp(made_name, name) == 0 ? MADE : NOBODY;
}

static void look_up(const struct fuse_in_header *in, const char *name)
{
	uint64_t node = find(name);
	struct fuse_entry_out out = entry(node);

	if (node == NOBODY || node == LOST)
		answer(in, node == LOST ? EIO : ENOENT, NULL, 0);
	else
		answer(in, 0, &out, sizeof(out));
}

/* Past the page cache, unless the page cache is what the fault is about. */
static struct fuse_open_out opened(uint64_t node)
{
	return (struct fuse_open_out){
		.open_flags = node == GOOD || node == BROKEN ? 0 : FOPEN_DIRECT_IO,
	};
}

static void read_file(const struct fuse_in_header *in, const struct fuse_read_in *read)
{
	static unsigned char bytes[FILE_BYTES];
	uint64_t end = attributes(in->nodeid).size;
	uint64_t length = read->offset < end ? end - read->offset : 0;

	if (length > read->size)
		length = read->size;
	if (in->nodeid == SHORT && length > SHORT_BYTES)
		length = SHORT_BYTES;
	if ((in->nodeid == BROKEN && read->offset < BROKEN_END &&
	     read->offset + length > BROKEN_BEGIN) ||
	    (in->nodeid == INTERRUPTED && interrupted_reads++ % 2 == 0)) {
		answer(in, in->nodeid == BROKEN ? EIO : EINTR, NULL, 0);
		return;
	}
	for (uint64_t at = 0; at < length; at++)
		bytes[at] = (unsigned char)((read->offset + at) / PAGE_BYTES % 251);
	if (in->nodeid == SHRINKING && read->offset >= FILE_BYTES / 2)
		has_shrunk = true;
	answer(in, 0, bytes, length);
}

static void write_file(const struct fuse_in_header *in, const struct fuse_write_in *write)
{
	struct fuse_write_out out = {.size = write->size};

	if (in->nodeid == FULL && out.size > FULL_STEP)
		out.size = FULL_STEP;
	if (in->nodeid == FULL && write->offset >= FULL_BYTES)
		answer(in, ENOSPC, NULL, 0);
	else if (in->nodeid == WORN)
		answer(in, EIO, NULL, 0);
	else
		answer(in, 0, &out, sizeof(out));
}

static void make(const struct fuse_in_header *in, const char *name)
{
	struct {
		struct fuse_entry_out entry;
		struct fuse_open_out open;
	} out = {entry(MADE), opened(MADE)};

	snprintf(made_name, sizeof(made_name), "%.255s", name);
	answer(in, 0, &out, sizeof(out));
}

static void begin(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = init->max_readahead,
		.max_write = 128 << 10,
	};

	answer(in, 0, &out, sizeof(out));
}

static void serve(const struct fuse_in_header *in, const void *request)
{
	struct fuse_attr_out status = {.attr = attributes(in->nodeid)};
	struct fuse_open_out open = opened(in->nodeid);

	switch (in->opcode) {
	case FUSE_INIT:
		return begin(in, request);
	case FUSE_LOOKUP:
		return look_up(in, request);
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return answer(in, 0, &status, sizeof(status));
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return answer(in, 0, &open, sizeof(open));
	case FUSE_READ:
		return read_file(in, request);
	case FUSE_WRITE:
		return write_file(in, request);
	case FUSE_CREATE:
		return make(in, (const char *)request + sizeof(struct fuse_create_in));
	case FUSE_UNLINK:
		*made_name = '\0';
		return answer(in, 0, NULL, 0);
	case FUSE_FLUSH:
		return answer(in, in->nodeid == MADE ? EIO : 0, NULL, 0);
	case FUSE_READDIR: /* No names are listed. */
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
		return answer(in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return; /* Nobody awaits an answer. */
	default:
		return answer(in, ENOSYS, NULL, 0);
	}
}

static void serve_all(void)
{
	static _Alignas(8) unsigned char request[REQUEST_BYTES];

	for (;;) {
		ssize_t got = read(device, request, sizeof(request));

		if (got < 0 && errno != EINTR && errno != ENOENT && errno != EAGAIN)
			break; /* ENODEV: it was unmounted. */
		if (got >= (ssize_t)sizeof(struct fuse_in_header))
			serve((const void *)request, request + sizeof(struct fuse_in_header));
	}
	_exit(0);
}

static void fail(const char *what)
{
	fprintf(stderr, "faulty-disk: %s: %s\n", what, strerror(errno));
	exit(125);
}

int main(int count, char **arguments)
{
	char options[96];
	int status = 0;
	pid_t server, command;

	if (count < 3)
		fail("usage: faulty-disk FOLDER COMMAND...");
	device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (device < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("faulty-disk", arguments[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		fail("mount");
	server = fork();
	if (server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve_all();
	}
	close(device); /* Else requests would wait for a server that has ended. */
	command = fork();
	if (command == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(arguments[2], arguments + 2);
		fail(arguments[2]);
	}
	if (server < 0 || command < 0 || waitpid(command, &status, 0) < 0)
		fail("fork");
	kill(server, SIGKILL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
