/*
 * live-torture: every way of using descriptors that a buffer could get wrong. With a name it does
 * that one; its output says what it saw, so that with and without a library the bytes must agree.
 * FILE is its own, to be written and read.
 *
 * live-torture NAME FILE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static const char *file;

static void say(const char *what, long value)
{
	char line[128];
	int length = snprintf(line, sizeof(line), "%s=%ld\n", what, value);

	if (write(1, line, (size_t)length) != length)
		abort();
}

static void expect(int is, const char *what)
{
	if (is)
		return;
	say(what, -errno);
	abort();
}

static int fresh(int flags)
{
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | flags, 0600);

	expect(fd >= 0, "open");
	return fd;
}

/* Lines of their number, a byte at a time. */
static void fill(int fd, int from, int to)
{
	for (int i = from; i < to; i++) {
		char line[16];
		int length = snprintf(line, sizeof(line), "%d\n", i);

		for (int at = 0; at < length; at++)
			expect(write(fd, line + at, 1) == 1, "write");
	}
}

/* What the file holds now, as another descriptor sees it: length and sum. */
static void look(const char *what)
{
	unsigned char bytes[70000];
	int fd = open(file, O_RDONLY);
	long sum = 0;
	ssize_t length = read(fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < length; i++)
		sum = sum * 31 % 1000003 + bytes[i];
	close(fd);
	say(what, length * 10000000 + sum);
}

static long take(int fd, int count)
{
	long sum = 0;
	unsigned char byte;

	for (int i = 0; i < count; i++)
		sum = read(fd, &byte, 1) == 1 ? sum * 31 % 1000003 + byte : sum + 7;
	return sum;
}

static void wait_for(pid_t child)
{
	int status;

	expect(waitpid(child, &status, 0) == child, "waitpid");
	say("child", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static void seek(void)
{
	int fd = fresh(0);

	fill(fd, 0, 500);
	say("end", lseek(fd, 0, SEEK_END));
	say("set", lseek(fd, 10, SEEK_SET));
	say("ten", take(fd, 10));
	say("cur", lseek(fd, 0, SEEK_CUR));
	say("back", lseek(fd, -5, SEEK_CUR));
	say("again", take(fd, 5));
	say("negative", lseek(fd, -100, SEEK_SET));
	say("errno", errno);
	say("where", lseek(fd, 0, SEEK_CUR));
	say("beyond", lseek(fd, 100000, SEEK_SET));
	say("nothing", take(fd, 2));
	lseek(fd, 7, SEEK_SET);
	fill(fd, 1000, 1010);
	say("after", take(fd, 5));
	look("whole");
	say("hole", lseek(fd, 0, SEEK_HOLE));
}

static void positioned(void)
{
	char bytes[16] = {0};
	int fd = fresh(0);

	fill(fd, 0, 200);
	say("pread", pread(fd, bytes, 8, 3));
	say("first", bytes[0]);
	say("where", lseek(fd, 0, SEEK_CUR));
	lseek(fd, 0, SEEK_SET);
	say("taken", take(fd, 20));
	expect(pwrite(fd, "XYZ", 3, 21) == 3, "pwrite");
	say("changed", take(fd, 6));
	for (int i = 0; i < 50; i++)
		expect(pread(fd, bytes, 1, i) == 1, "pread");
	expect(pwrite(fd, "Q", 1, 40) == 1, "pwrite");
	pread(fd, bytes, 1, 40);
	say("seen", bytes[0]);
	fill(fd, 0, 3);
	look("whole");
}

static void vectors(void)
{
	char a[3], b[5];
	struct iovec out[2] = {{"ab", 2}, {"cde", 3}};
	struct iovec in[2] = {{a, 3}, {b, 5}};
	int fd = fresh(0);

	for (int i = 0; i < 40; i++)
		expect(writev(fd, out, 2) == 5, "writev");
	look("written");
	lseek(fd, 0, SEEK_SET);
	say("taken", take(fd, 7));
	say("readv", readv(fd, in, 2));
	say("a", a[0]);
	say("b", b[4]);
	say("rest", take(fd, 9));
	say("preadv", preadv(fd, in, 2, 1));
	say("first", a[0]);
}

static void duplicates(void)
{
	int fd = fresh(0);
	int twin = dup(fd);
	int other = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	for (int i = 0; i < 30; i++) {
		fill(fd, i, i + 1);
		fill(twin, 100 + i, 101 + i);
		fill(other, 200 + i, 201 + i);
	}
	look("all");
	lseek(twin, 0, SEEK_SET);
	say("one", take(fd, 9));
	say("two", take(twin, 9));
	close(fd);
	say("three", take(other, 9));
	fill(twin, 5, 6);
	expect(dup2(twin, 60) == 60, "dup2");
	close(twin);
	fill(60, 7, 9);
	expect(dup3(other, 60, O_CLOEXEC) == 60, "dup3");
	look("end");
	say("where", lseek(60, 0, SEEK_CUR));
}

static void twice(void)
{
	int fd = fresh(0);
	int other = open(file, O_RDWR);

	fill(fd, 0, 100);
	say("reader", take(other, 30));
	fill(fd, 100, 120);
	say("on", take(other, 400));
	lseek(other, 0, SEEK_SET);
	take(other, 5);
	expect(pwrite(fd, "hello", 5, 5) == 5, "pwrite");
	say("fresh", take(other, 5));
	lseek(fd, 12, SEEK_SET);
	fill(fd, 77, 79);
	say("fresher", take(other, 8));
}

static void appending(void)
{
	int fd = fresh(O_APPEND);
	int other = open(file, O_WRONLY | O_APPEND);

	for (int i = 0; i < 20; i++) {
		fill(fd, i, i + 1);
		fill(other, 100 + i, 101 + i);
	}
	lseek(fd, 0, SEEK_SET);
	say("front", take(fd, 4));
	fill(fd, 999, 1000);
	say("where", lseek(fd, 0, SEEK_CUR));
	look("all");
}

static void sizes(void)
{
	struct stat status;
	struct statx extended;
	int fd = fresh(0);
	char *map;

	fill(fd, 0, 50);
	fstat(fd, &status);
	say("fstat", status.st_size);
	fill(fd, 50, 60);
	stat(file, &status);
	say("stat", status.st_size);
	fill(fd, 60, 70);
	statx(AT_FDCWD, file, 0, STATX_SIZE, &extended);
	say("statx", (long)extended.stx_size);
	fill(fd, 70, 80);
	expect(!ftruncate(fd, 17), "ftruncate");
	look("short");
	lseek(fd, 0, SEEK_END);
	fill(fd, 80, 90);
	map = mmap(NULL, 32, PROT_READ, MAP_PRIVATE, fd, 0);
	say("mapped", map[20]);
	fill(fd, 90, 95);
	expect(!fsync(fd), "fsync");
	fill(fd, 95, 96);
	expect(!fdatasync(fd), "fdatasync");
	look("synced");
	expect(!rename(file, file), "rename");
}

static void moving(void)
{
	int fd = fresh(0);
	int ends[2];
	off_t offset = 3;
	char byte;

	fill(fd, 0, 300);
	lseek(fd, 0, SEEK_SET);
	say("taken", take(fd, 10));
	say("sendfile", sendfile(1, fd, NULL, 12));
	say("on", take(fd, 3));
	say("from", sendfile(1, fd, &offset, 5));
	expect(!pipe(ends), "pipe");
	say("splice", splice(fd, NULL, ends[1], NULL, 20, 0));
	for (int i = 0; i < 20; i++) {
		expect(read(ends[0], &byte, 1) == 1, "read");
		expect(write(1, &byte, 1) == 1, "write");
	}
	say("after", take(fd, 3));
	say("copy", copy_file_range(fd, &offset, fd, &(off_t){5000}, 10, 0));
	look("whole");
}

/* A peer that answers every byte: held bytes would leave both waiting. */
static void talking(void)
{
	int there[2], back[2];
	pid_t child;

	expect(!pipe(there) && !pipe(back), "pipe");
	child = fork();
	if (!child) {
		char byte;

		close(there[1]);
		while (read(there[0], &byte, 1) == 1) {
			byte++;
			if (write(back[1], &byte, 1) != 1)
				_exit(1);
		}
		_exit(3);
	}
	for (int i = 0; i < 200; i++) {
		struct pollfd ready = {.fd = back[0], .events = POLLIN};
		char byte = (char)('a' + i % 26);

		expect(write(there[1], &byte, 1) == 1, "write");
		if (i % 3 == 0)
			expect(poll(&ready, 1, -1) == 1, "poll");
		expect(read(back[0], &byte, 1) == 1 && byte == 'a' + i % 26 + 1, "answer");
	}
	close(there[1]);
	wait_for(child);
}

static void *answer(void *from)
{
	char byte = 0;

	for (int i = 0; i < 5; i++)
		expect(read(*(int *)from, &byte, 1) == 1, "read");
	return NULL;
}

/* The writer never comes back to us: what it wrote must go out by its age. */
static void aging(void)
{
	static volatile int done;
	pthread_t thread;
	int ends[2];
	int fd = fresh(0);

	expect(!pipe(ends), "pipe");
	fill(fd, 0, 10);
	expect(!pthread_create(&thread, NULL, answer, ends), "thread");
	expect(write(ends[1], "a", 1) == 1 && write(ends[1], "b", 1) == 1, "write");
	expect(write(ends[1], "c", 1) == 1 && write(ends[1], "d", 1) == 1, "write");
	expect(write(ends[1], "e", 1) == 1, "write");
	while (!done)
		done = pthread_tryjoin_np(thread, NULL) == 0;
	say("joined", done);
}

static void *many(void *which)
{
	int fd = *(int *)which;
	char line[4] = {'a', 'b', 'c', '\n'};

	for (int i = 0; i < 2000; i++)
		expect(write(fd, line, 4) == 4, "write");
	return NULL;
}

static void threads(void)
{
	pthread_t all[4];
	int fd = fresh(0);

	for (int i = 0; i < 4; i++)
		expect(!pthread_create(&all[i], NULL, many, &fd), "thread");
	for (int i = 0; i < 4; i++)
		pthread_join(all[i], NULL);
	look("all");
}

/* Parent and child share the offset, in both directions. */
static void forking(void)
{
	int fd = fresh(0);
	pid_t child;
	long taken;

	fill(fd, 0, 200);
	lseek(fd, 0, SEEK_SET);
	fill(1, 0, 9);
	/* Nothing between the last byte and the fork. */
	taken = take(fd, 11);
	child = fork();
	if (!child) {
		say("of parent", taken);
		say("in child", take(fd, 13));
		fill(1, 0, 5);
		_exit(0);
	}
	wait_for(child);
	say("parent again", take(fd, 7));
	fill(fd, 500, 520);
	child = fork();
	if (!child) {
		fill(fd, 600, 610);
		exit(4);
	}
	wait_for(child);
	fill(fd, 700, 710);
	look("whole");
}

static void spawning(void)
{
	char *const head[] = {"head", "-c", "9", NULL};
	posix_spawn_file_actions_t actions;
	int fd = fresh(0);
	pid_t child;

	fill(fd, 0, 200);
	lseek(fd, 0, SEEK_SET);
	say("taken", take(fd, 6));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fd, 0);
	expect(!posix_spawnp(&child, "head", &actions, NULL, head, environ), "spawn");
	wait_for(child);
	child = vfork();
	if (!child) {
		dup2(fd, 0);
		execlp("head", "head", "-c", "5", (char *)NULL);
		_exit(9);
	}
	wait_for(child);
	say("taken", take(fd, 6));
	child = vfork();
	if (!child) {
		execl("/no/such/program", "program", (char *)NULL);
		_exit(8);
	}
	wait_for(child);
	fill(fd, 0, 4);
	say("system", system("echo from the shell"));
	look("whole");
}

static void becoming(void)
{
	int fd = fresh(0);

	fill(fd, 0, 100);
	lseek(fd, 4, SEEK_SET);
	say("taken", take(fd, 6));
	dup2(fd, 0);
	fill(1, 0, 20);
	execlp("head", "head", "-c", "20", (char *)NULL);
}

static void handler(int number)
{
	char byte = (char)('0' + number % 10);

	if (write(2, &byte, 1) != 1)
		_exit(1);
}

static sigjmp_buf before;

static void jump(int number)
{
	siglongjmp(before, number);
}

static void signals(void)
{
	struct sigaction action = {.sa_handler = handler};
	struct sigaction now;
	volatile int ends[2];
	int fd = fresh(0);

	sigaction(SIGTERM, NULL, &now);
	say("default", now.sa_handler == SIG_DFL);
	fill(fd, 0, 30);
	sigaction(SIGTERM, NULL, &now);
	say("still", now.sa_handler == SIG_DFL);
	sigaction(SIGTERM, &action, &now);
	say("was", now.sa_handler == SIG_DFL);
	raise(SIGTERM);
	say("old", signal(SIGTERM, SIG_DFL) == handler);
	say("ignored", signal(SIGPIPE, SIG_IGN) == SIG_DFL);
	expect(!pipe((int *)ends), "pipe");
	close(ends[0]);
	say("broken", write(ends[1], "x", 1) < 0 ? errno : 0);
	expect(!pipe((int *)ends), "pipe");
	signal(SIGALRM, jump);
	if (!sigsetjmp(before, 1)) {
		char byte;

		ualarm(20000, 0);
		say("never", read(ends[0], &byte, 1));
	}
	fill(fd, 30, 60);
	look("whole");
}

static void unblocking(void)
{
	char byte;
	int ends[2];
	int there;

	expect(!pipe2(ends, O_NONBLOCK), "pipe");
	say("empty", read(ends[0], &byte, 1) < 0 ? errno : 0);
	for (int i = 0; i < 50; i++)
		expect(write(ends[1], "x", 1) == 1, "write");
	ioctl(ends[0], FIONREAD, &there);
	say("there", there);
	expect(!pipe(ends), "pipe");
	for (int i = 0; i < 50; i++)
		expect(write(ends[1], "x", 1) == 1, "write");
	ioctl(ends[0], FIONREAD, &there);
	say("there", there);
	say("close", close(ends[1]));
	say("all", take(ends[0], 50));
	say("end", read(ends[0], &byte, 1));
	say("bad", close(ends[1]) < 0 ? errno : 0);
}

static void streams(void)
{
	FILE *stream;
	char line[32];
	int fd = fresh(0);

	fill(1, 0, 10);
	printf("printed\n");
	fflush(stdout);
	fill(1, 10, 20);
	puts("put");
	fill(fd, 0, 30);
	lseek(fd, 0, SEEK_SET);
	take(fd, 4);
	stream = fdopen(fd, "r+");
	expect(fgets(line, sizeof(line), stream) != NULL, "fgets");
	fputs(line, stdout);
	fclose(stream);
	fd = open(file, O_RDONLY);
	say("reused", take(fd, 10));
	fill(2, 0, 10);
	perror("told");
	fill(2, 10, 20);
}

static void bare(void)
{
	int fd = fresh(0);

	fill(fd, 0, 30);
	say("syscall", syscall(SYS_lseek, fd, 0L, SEEK_CUR));
	fill(fd, 30, 40);
	syscall(SYS_write, fd, "bare\n", 5L);
	fill(fd, 40, 50);
	syscall(SYS_close, fd);
	look("whole");
	close_range(3, ~0U, 0);
	fd = open(file, O_RDONLY);
	say("number", fd);
	say("taken", take(fd, 20));
}

/* A signal that no function of the C library sends. */
static void signal_self(int number)
{
	long result = SYS_kill;

	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"((long)getpid()), "S"((long)number)
			 : "rcx", "r11", "memory");
}

/* Ends without a flush of anybody's. */
static void ending(const char *how)
{
	int fd = fresh(0);

	fill(fd, 0, 1000);
	fill(1, 0, 100);
	if (!strcmp(how, "_exit"))
		_exit(7);
	if (!strcmp(how, "quick_exit"))
		quick_exit(8);
	if (!strcmp(how, "exit_group"))
		syscall(SYS_exit_group, 9);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		*(volatile int *)8 = 1;
	if (!strcmp(how, "term"))
		signal_self(SIGTERM);
	if (!strcmp(how, "xcpu"))
		signal_self(SIGXCPU);
	if (!strcmp(how, "thread"))
		pthread_exit(NULL);
	exit(0);
}

int main(int count, char *arguments[])
{
	static const struct {
		const char *name;
		void (*run)(void);
	} all[] = {{"seek", seek},	   {"positioned", positioned},
		   {"vectors", vectors},   {"duplicates", duplicates},
		   {"twice", twice},	   {"appending", appending},
		   {"sizes", sizes},	   {"moving", moving},
		   {"talking", talking},   {"aging", aging},
		   {"threads", threads},   {"forking", forking},
		   {"spawning", spawning}, {"becoming", becoming},
		   {"signals", signals},   {"unblocking", unblocking},
		   {"streams", streams},   {"bare", bare}};

	if (count != 3)
		return 2;
	file = arguments[2];
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, arguments[1])) {
			all[i].run();
			return 0;
		}
	ending(arguments[1]);
}
