/* process: the beginning, the forks and the end of the program we are in. */
#define _GNU_SOURCE
#include "process.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "age.h"
#include "fixes.h"
#include "held.h"
#include "next.h"
#include "path-cache.h"
#include "report.h"
#include "settle.h"
#include "stream.h"
#include "sync-group.h"
#include "window.h"

static bool alive;
static int children;
static _Thread_local bool in_vfork __attribute__((tls_model("initial-exec")));

bool process_is_ours(void)
{
	return alive && !in_vfork;
}

bool process_has_children(void)
{
	return __atomic_load_n(&children, __ATOMIC_RELAXED) > 0;
}

void process_add_children(int count)
{
	__atomic_fetch_add(&children, count, __ATOMIC_RELAXED);
}

static void process_before_fork(void)
{
	SEEN(fork);
	settle_finally();
	path_cache_forget();
}

static void process_in_parent(void)
{
	process_add_children(1);
}

static void process_in_child(void)
{
	children = 0;
	report_add(FACT_processes, 1);
	held_after_fork();
	stream_after_fork();
	pipe_window_forget();
	age_after_fork();
	sync_group_after_fork();
}

void process_end(void)
{
	if (!process_is_ours())
		return;
	settle_finally();
	sync_group_finish();
	alive = false;
}

__attribute__((constructor(102))) static void process_begin(void)
{
	fixes_read();
	report_open();
	/* Forks of the C library's own (daemon, forkpty) pass here too. */
	if (pthread_atfork(process_before_fork, process_in_parent, process_in_child))
		return;
	at_quick_exit(process_end);
	alive = true;
}

__attribute__((destructor)) static void process_finish(void)
{
	process_end();
}

void process_leave_vfork(bool leaves)
{
	static _Thread_local bool was __attribute__((tls_model("initial-exec")));

	if (leaves) {
		was = in_vfork;
		in_vfork = false;
	} else {
		in_vfork = was;
	}
}

/* For the vfork below: what is held goes out; gives where to go on. */
void *process_before_vfork(void);
void *process_before_vfork(void)
{
	SEEN(vfork);
	settle_finally();
	path_cache_forget();
	process_add_children(1);
	in_vfork = alive;
	return NEXT(vfork);
}
