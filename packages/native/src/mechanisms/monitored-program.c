/*
 * monitored-program: a real program from its start to its end, under the monitor that `under` names
 * (monitor.c has the list). The monitor sees this process's own calls too: those that start the
 * program and wait for it. `program` chooses by how many calls are made and how much is computed.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mechanism.h"
#include "monitor.h"
#include "temporary-file.h"

/* Enough for sha256sum to compute for longer than a program needs to start. */
#define FILE_BYTES (4u << 20)

struct monitored_program {
	struct monitor monitor;
	char *const *command;
	posix_spawn_file_actions_t actions;
	int file;
	int nothing;
	uint64_t seen;
};

/* Many small reads and writes; one per file of a folder; few large reads and much to compute. */
static const char *const names[] = {"dd", "ls", "sha256sum", NULL};
static const char *const dd[] = {"dd", "bs=512", "count=2000", "status=none", NULL};
static const char *const ls[] = {"ls", "-l", "/usr/bin", NULL};
static const char *const sha256sum[] = {"sha256sum", NULL};
static const char *const *const commands[] = {dd, ls, sha256sum};

static void monitored_program_close(void *state)
{
	struct monitored_program *self = state;

	monitor_close(&self->monitor);
	if (self->file >= 0)
		close(self->file);
	if (self->nothing >= 0)
		close(self->nothing);
	posix_spawn_file_actions_destroy(&self->actions);
	free(self);
}

/* Reads the file, and writes to nowhere. */
static int monitored_program_prepare(struct monitored_program *self)
{
	int error = posix_spawn_file_actions_init(&self->actions);

	if (error)
		return -error;
	self->file = temporary_file_open(FILE_BYTES);
	if (self->file < 0)
		return self->file;
	self->nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (self->nothing < 0)
		return -errno;
	error = posix_spawn_file_actions_adddup2(&self->actions, self->file, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&self->actions, self->nothing, 1);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&self->actions, self->nothing, 2);
	return -error;
}

static int monitored_program_open(void **state, struct parameters *parameters)
{
	struct monitored_program *self = calloc(1, sizeof(*self));
	int error;

	if (!self)
		return -ENOMEM;
	self->file = self->nothing = -1;
	/* posix_spawn promises not to write to what it is given. */
	self->command =
		(char *const *)(uintptr_t)commands[parameter_choice(parameters, "program", names)];
	error = monitored_program_prepare(self);
	if (!error)
		error = monitor_open(&self->monitor, parameters, true);
	if (error) {
		self->monitor =
			(struct monitor){.program = -1, .hooks = {-1, -1}, .statistics = -1};
		monitored_program_close(self);
		return error;
	}
	*state = self;
	return 0;
}

static int monitored_program_once(struct monitored_program *self)
{
	pid_t child;
	int status;
	int error;

	if (lseek(self->file, 0, SEEK_SET) < 0)
		return -errno;
	error = posix_spawnp(&child, self->command[0], &self->actions, NULL, self->command,
			     environ);
	if (error) {
		mechanism_refused(self->command[0]);
		return -error;
	}
	if (waitpid(child, &status, 0) != child)
		return -errno;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		mechanism_refused(self->command[0]);
		return -ECHILD;
	}
	return 0;
}

static int monitored_program_run(void *state, uint64_t calls)
{
	struct monitored_program *self = state;
	uint64_t before = monitor_seen(&self->monitor);
	int error = 0;

	for (uint64_t event = 0; event < calls && !error; event++)
		error = monitored_program_once(self);
	self->seen = monitor_seen(&self->monitor) - before;
	return error;
}

static int monitored_program_done(void *state, uint64_t calls, struct tally *tally)
{
	struct monitored_program *self = state;

	(void)calls;
	if (monitor_counts(&self->monitor) && self->monitor.kind != MONITOR_PRELOAD &&
	    !self->seen) {
		mechanism_refused("the monitor saw no call of the program");
		return -EIO;
	}
	tally_count(tally, "seen", self->seen);
	return 0;
}

MECHANISM(monitored_program_mechanism) = {
	.name = "monitored-program",
	.open = monitored_program_open,
	.run = monitored_program_run,
	.done = monitored_program_done,
	.close = monitored_program_close,
};
