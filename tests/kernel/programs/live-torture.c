/* live-torture: files and pipes used in every way that a buffer could get wrong. NAME FILE */
#define _GNU_SOURCE
#include "live-torture.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

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

/* So many seeks and reads here and there that looking ahead gives up. */
static void scattered(void)
{
	unsigned long place = 1;
	long sum = 0;
	int fd = fresh(0);

	fill(fd, 0, 8000);
	for (int i = 0; i < 997; i++) {
		place = (place * 48271) % 2147483647;
		expect(lseek(fd, (off_t)(place % 40000), SEEK_SET) >= 0, "lseek");
		sum = sum * 31 % 1000003 + take(fd, 1 + i % 3);
		if (i % 100 == 99)
			expect(write(fd, "here", 4) == 4, "write");
		if (i % 90 == 89)
			sum += lseek(fd, 0, SEEK_CUR);
	}
	say("sum", sum);
	lseek(fd, -3, SEEK_END);
	say("last", take(fd, 5));
	look("whole");
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
	map = mmap(NULL, 80, PROT_READ, MAP_SHARED, fd, 0);
	fill(fd, 96, 99);
	say("shared", map[70]);
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

int main(int count, char *arguments[])
{
	static const struct way ways[] = {{"seek", seek},
					  {"scattered", scattered},
					  {"positioned", positioned},
					  {"vectors", vectors},
					  {"duplicates", duplicates},
					  {"twice", twice},
					  {"appending", appending},
					  {"sizes", sizes},
					  {"moving", moving},
					  {"unblocking", unblocking},
					  {"streams", streams},
					  {"bare", bare},
					  {NULL, NULL}};

	return count == 3 ? torture(ways, arguments) : 2;
}
