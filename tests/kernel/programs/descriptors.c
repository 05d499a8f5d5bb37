/* descriptors.c: opens one of each kind of descriptor and makes a known number of calls on it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define BLOCK 4096
#define BLOCKS 101 /* a prime: steps of any size visit them all */

/* COUNT calls that every kind of descriptor takes. */
static void call_on(int fd, const char *what, long count)
{
	if (fd < 0)
		err(1, "%s", what);
	for (long i = 0; i < count; i++)
		if (syscall(SYS_fcntl, fd, F_GETFD) < 0)
			err(1, "fcntl on %s", what);
}

static void call_on_files(const char *block)
{
	int fd;

	call_on(open("file", O_RDWR | O_CREAT, 0600), "file", 101);
	call_on(open(".", O_RDONLY | O_DIRECTORY), "directory", 103);
	if (mkfifo("fifo", 0600))
		err(1, "mkfifo");
	call_on(open("fifo", O_RDWR), "fifo", 109);
	call_on(open("/dev/zero", O_RDONLY), "char", 139);
	fd = open("gone", O_RDWR | O_CREAT, 0600);
	if (unlink("gone"))
		err(1, "unlink");
	call_on(fd, "deleted file", 107);
	if (*block)
		call_on(open(block, O_RDONLY), "block", 149);
	/* Opened and closed at once, with nothing in between. */
	for (int i = 0; i < 113; i++)
		if (close(open("short-lived", O_RDWR | O_CREAT, 0600)))
			err(1, "close");
}

static void call_on_terminal(void)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	if (master < 0 || grantpt(master) || unlockpt(master))
		err(1, "pty");
	call_on(open(ptsname(master), O_RDWR | O_NOCTTY), "terminal", 151);
}

static void call_on_tcp(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&address, &length) ||
	    connect(fd, (struct sockaddr *)&address, length))
		err(1, "tcp");
	call_on(fd, "tcp", 157);
}

static void call_on_sockets(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, 1) ||
	    connect(fd, (struct sockaddr *)&name, sizeof(name)))
		err(1, "unix");
	call_on(fd, "unix", 163);
	call_on_tcp();
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		err(1, "udp");
	call_on(fd, "udp", 167);
	call_on(socket(AF_NETLINK, SOCK_RAW, 0), "netlink", 173);
}

static void call_on_anonymous(void)
{
	struct io_uring_params parameters;
	sigset_t signals;
	int pipes[2];

	memset(&parameters, 0, sizeof(parameters));
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR2);
	if (pipe(pipes))
		err(1, "pipe");
	call_on(pipes[0], "pipe", 179);
	call_on(eventfd(0, 0), "eventfd", 181);
	call_on(timerfd_create(CLOCK_MONOTONIC, 0), "timerfd", 191);
	call_on(signalfd(-1, &signals, 0), "signalfd", 193);
	call_on(epoll_create1(0), "epoll", 197);
	call_on(memfd_create("scratch", 0), "memfd", 199);
	call_on(inotify_init1(0), "inotify", 211);
	/* io_uring may be switched off: the caller looks at our status. */
	call_on((int)syscall(SYS_io_uring_setup, 4, &parameters), "io_uring", 223);
}

static void call_on_none(void)
{
	for (int i = 0; i < 127; i++)
		if (syscall(SYS_fcntl, 900, F_GETFD) >= 0 || errno != EBADF)
			err(1, "descriptor 900 is open");
}

/* Reads every block of a file once, STEP blocks further each time. */
static int read_blocks(const char *path, long step)
{
	char block[BLOCK];
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	if (fd < 0 || ftruncate(fd, BLOCK * BLOCKS))
		err(1, "%s", path);
	for (long i = 0; i < BLOCKS; i++)
		if (pread(fd, block, BLOCK, i * step % BLOCKS * BLOCK) != BLOCK)
			err(1, "pread");
	return 0;
}

/* Opens and closes COUNT different files. */
static int open_files(long count)
{
	char name[32];

	for (long i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%ld", i);
		if (close(open(name, O_RDWR | O_CREAT, 0600)))
			err(1, "%s", name);
	}
	return 0;
}

/* descriptors kinds FOLDER BLOCK-DEVICE-OR-"" | blocks FILE STEP | files FOLDER COUNT */
int main(int argc, char *argv[])
{
	if (argc > 3 && !strcmp(argv[1], "blocks"))
		return read_blocks(argv[2], atol(argv[3]));
	if (argc < 4 || chdir(argv[2]))
		return 2;
	if (!strcmp(argv[1], "files"))
		return open_files(atol(argv[3]));
	if (strcmp(argv[1], "kinds"))
		return 2;
	call_on_files(argv[3]);
	call_on_terminal();
	call_on_sockets();
	call_on_none();
	call_on_anonymous();
	return 0;
}
