/* device-throttle: a disk made slow for this process alone, by the kernel's block cgroup. */
#define _GNU_SOURCE 1
#include "device-throttle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mechanism.h"

/* Followed by the process that made it, and by SWITCHED if it switched the controller on. */
#define NAME "crossbill-lab-"
#define SWITCHED "-io"
/* A cgroup can be removed a moment after its last process has ended. */
#define REMOVALS 200
#define REMOVAL_PAUSE_NS 10000000

static int throttle_write(const char *folder, const char *file, const char *text)
{
	char path[1024];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, file);
	ssize_t wrote;
	int error;
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	wrote = write(fd, text, strlen(text));
	error = wrote < 0 ? -errno : 0;
	close(fd);
	return error;
}

static int throttle_read(const char *folder, const char *file, char *text, size_t size)
{
	char path[1024];
	int length = snprintf(path, sizeof(path), "%s/%s", folder, file);
	ssize_t got;
	int fd;

	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = 0;
	return got < 0 ? -EIO : 0;
}

/* Whether a list apart by spaces, commas or ends of lines has the word. */
static bool throttle_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += length)
		if ((at == list || strchr(" ,\n", at[-1])) && strchr(" ,\n", at[length]))
			return true;
	return false;
}

/* The whole disk of the file, which is what the controller takes: "254:0". */
static int throttle_device(int fd, char *device, size_t size)
{
	struct stat status;
	char folder[128];
	char text[64];

	if (fstat(fd, &status) < 0)
		return -errno;
	snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(status.st_dev),
		 minor(status.st_dev));
	if (access(folder, F_OK) < 0) {
		mechanism_refused("a throttled disk (the file system is on no block device)");
		return -ENOTBLK;
	}
	if (throttle_read(folder, "partition", text, sizeof(text)) == 0 &&
	    throttle_read(folder, "../dev", text, sizeof(text)) == 0) {
		text[strcspn(text, "\n")] = 0;
		snprintf(device, size, "%.30s", text);
	} else {
		snprintf(device, size, "%u:%u", major(status.st_dev), minor(status.st_dev));
	}
	return 0;
}

/* This process's path in the hierarchy of the block controller, from a line "7:blkio:/path". */
static int throttle_home(struct device_throttle *throttle, const char *mount)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[1024];
	int error = -ENOENT;

	if (!file)
		return -errno;
	while (error == -ENOENT && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':');
		char *path = controllers ? strchr(controllers + 1, ':') : NULL;

		if (!path)
			continue;
		*path++ = 0;
		path[strcspn(path, "\n")] = 0;
		if (throttle->is_unified ? controllers[1] != 0
					 : !throttle_has_word(controllers + 1, "blkio"))
			continue;
		if (strcmp(path, "/") == 0)
			*path = 0;
		error = snprintf(throttle->home, sizeof(throttle->home), "%s%s", mount, path) >=
				(int)sizeof(throttle->home)
			? -ENAMETOOLONG
			: 0;
	}
	fclose(file);
	/* In a container the mount may begin where the path ends. */
	if (!error && access(throttle->home, F_OK) < 0)
		snprintf(throttle->home, sizeof(throttle->home), "%s", mount);
	return error;
}

/* Finds where the block controller is mounted: of its own (version 1) or unified (version 2). */
static int throttle_mount(struct device_throttle *throttle, char *mount, size_t size)
{
	FILE *file = fopen("/proc/self/mounts", "re");
	char line[2048];
	bool found = false;

	if (!file)
		return -errno;
	while (!found && fgets(line, sizeof(line), file)) {
		char path[512];
		char type[32];
		char options[512];
		char controllers[512];

		if (sscanf(line, "%*s %511s %31s %511s", path, type, options) != 3)
			continue;
		throttle->is_unified = strcmp(type, "cgroup2") == 0;
		if (throttle->is_unified)
			found = throttle_read(path, "cgroup.controllers", controllers,
					      sizeof(controllers)) == 0 &&
				throttle_has_word(controllers, "io");
		else
			found = strcmp(type, "cgroup") == 0 && throttle_has_word(options, "blkio");
		if (found)
			snprintf(mount, size, "%s", path);
	}
	fclose(file);
	if (found)
		return 0;
	mechanism_refused("a throttled disk (no block controller of cgroups is mounted)");
	return -ENOENT;
}

/* The process that made a cgroup of ours, or 0 when it is none of ours. */
static pid_t throttle_maker(const char *name, bool *switched_on)
{
	char *end;
	long pid;

	if (strncmp(name, NAME, strlen(NAME)) != 0)
		return 0;
	pid = strtol(name + strlen(NAME), &end, 10);
	*switched_on = strcmp(end, SWITCHED) == 0;
	return pid > 0 && (*end == 0 || *switched_on) ? (pid_t)pid : 0;
}

/* Undoes what a cgroup's maker switched on, unless another one of ours still needs it. */
static void throttle_switch_off(const char *parent)
{
	DIR *folder = opendir(parent);
	struct dirent *entry;
	bool switched_on;
	bool is_needed = false;

	if (!folder)
		return;
	while ((entry = readdir(folder)))
		is_needed = is_needed || throttle_maker(entry->d_name, &switched_on) > 0;
	closedir(folder);
	if (!is_needed)
		throttle_write(parent, "cgroup.subtree_control", "-io");
}

static void throttle_remove(const char *parent, const char *own, bool switched_on)
{
	const struct timespec pause = {.tv_nsec = REMOVAL_PAUSE_NS};

	for (unsigned int i = 0; i < REMOVALS && rmdir(own) < 0 && errno == EBUSY; i++)
		nanosleep(&pause, NULL);
	if (switched_on)
		throttle_switch_off(parent);
}

/* Only empty ones go: the kernel keeps a cgroup that has processes. */
static void throttle_remove_left_overs(const char *parent)
{
	DIR *folder = opendir(parent);
	struct dirent *entry;

	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		bool switched_on;
		pid_t maker = throttle_maker(entry->d_name, &switched_on);
		char path[1024];

		if (!maker || kill(maker, 0) == 0 || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", parent, entry->d_name);
		if (rmdir(path) == 0 && switched_on)
			throttle_switch_off(parent);
	}
	closedir(folder);
}

/*
 * Waits for the end of this process, by the end of a pipe, and removes what it left: a SIGKILL
 * leaves it no time for that. In a session of its own, so that no Ctrl-C reaches it; without our
 * standard output, so that nobody waits for its end.
 */
static _Noreturn void throttle_guard(const struct device_throttle *throttle, int ended)
{
	char byte;

	setsid();
	for (int fd = 0; fd < 1024; fd++)
		if (fd != ended)
			close(fd);
	while (read(ended, &byte, 1) < 0 && errno == EINTR)
		continue;
	throttle_remove(throttle->parent, throttle->own, throttle->switched_on);
	_exit(0);
}

static int throttle_start_guardian(struct device_throttle *throttle)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	throttle->guardian = fork();
	if (throttle->guardian == 0) {
		close(ends[1]);
		throttle_guard(throttle, ends[0]);
	}
	close(ends[0]);
	throttle->alive = ends[1];
	return throttle->guardian < 0 ? -EAGAIN : 0;
}

/* The root of the unified hierarchy may have processes beside children; no other cgroup may. */
static int throttle_choose_parent(struct device_throttle *throttle, const char *mount)
{
	char controllers[512];

	snprintf(throttle->parent, sizeof(throttle->parent), "%s",
		 throttle->is_unified ? mount : throttle->home);
	/* Before the look below, as it may switch off what a dead run switched on. */
	throttle_remove_left_overs(throttle->parent);
	if (!throttle->is_unified)
		return 0;
	if (throttle_read(mount, "cgroup.subtree_control", controllers, sizeof(controllers)))
		return -ENOENT;
	throttle->switched_on = !throttle_has_word(controllers, "io");
	return 0;
}

static int throttle_make(struct device_throttle *throttle, const char *device, unsigned int reads)
{
	char limit[96];
	int error;

	snprintf(throttle->own, sizeof(throttle->own), "%s/" NAME "%d%s", throttle->parent,
		 (int)getpid(), throttle->switched_on ? SWITCHED : "");
	rmdir(throttle->own); /* Of an earlier process with our number. */
	if (mkdir(throttle->own, 0755) < 0)
		return -errno;
	error = throttle_start_guardian(throttle);
	if (!error && throttle->switched_on)
		error = throttle_write(throttle->parent, "cgroup.subtree_control", "+io");
	snprintf(limit, sizeof(limit), throttle->is_unified ? "%s riops=%u" : "%s %u", device,
		 reads);
	if (!error)
		error = throttle_write(
			throttle->own,
			throttle->is_unified ? "io.max" : "blkio.throttle.read_iops_device", limit);
	if (!error)
		error = throttle_write(throttle->own, "cgroup.procs", "0"); /* 0: the writer. */
	return error;
}

int device_throttle_begin(struct device_throttle *throttle, int fd, unsigned int reads)
{
	char mount[512];
	char device[32];
	int error;

	*throttle = (struct device_throttle){.alive = -1, .guardian = -1};
	error = throttle_device(fd, device, sizeof(device));
	if (!error)
		error = throttle_mount(throttle, mount, sizeof(mount));
	if (error)
		return error;
	error = throttle_home(throttle, mount);
	if (!error)
		error = throttle_choose_parent(throttle, mount);
	throttle->is_on = !error;
	if (!error)
		error = throttle_make(throttle, device, reads);
	if (error) {
		mechanism_refused("a throttled disk (making a cgroup with a limit on its reads)");
		device_throttle_end(throttle);
	}
	return error;
}

void device_throttle_end(struct device_throttle *throttle)
{
	if (!throttle->is_on)
		return;
	throttle->is_on = false;
	throttle_write(throttle->home, "cgroup.procs", "0");
	if (throttle->own[0])
		throttle_remove(throttle->parent, throttle->own, throttle->switched_on);
	if (throttle->alive >= 0)
		close(throttle->alive);
	if (throttle->guardian > 0)
		waitpid(throttle->guardian, NULL, 0);
}
