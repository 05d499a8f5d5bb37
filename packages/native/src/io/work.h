/* work: what a thread of libuv's pool does for JavaScript, and the promise that it becomes. */
#ifndef CROSSBILL_IO_WORK_H
#define CROSSBILL_IO_WORK_H

#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* Buffers and other values that one piece of work can keep alive. */
#define IO_WORK_KEPT 8u

/* The first member of the structure that a piece of work is; allocated with calloc. */
struct io_work {
	/* In a thread of the pool; touches no JavaScript. Returns 0 or -errno. */
	int (*run)(struct io_work *work);
	/* After it, in JavaScript's thread: what the promise resolves to. NULL: undefined. */
	napi_value (*value)(napi_env env, struct io_work *work);
	/* More to say about an error, such as the bytes written before it. May be NULL. */
	void (*explain)(napi_env env, struct io_work *work, napi_value failure);
	/* Frees what the structure points to, not the structure. May be NULL. */
	void (*release)(struct io_work *work);
	/* The system call that an error is told with. */
	const char *syscall;
	/* Of an Int32Array(1) that JavaScript sets to 1 with Atomics.store; NULL: cannot be
	 * aborted. */
	const int32_t *abort;

	/* Of work.c alone. */
	int error;
	unsigned int kept;
	napi_ref keeps[IO_WORK_KEPT];
	napi_deferred deferred;
	napi_async_work pooled;
};

/* Keeps a value (a Buffer whose memory the thread uses) alive until the promise is settled. */
bool io_work_keep(napi_env env, struct io_work *work, napi_value value);
/* Takes the Int32Array(1) that aborts the work, or undefined. False with an exception pending. */
bool io_work_take_abort(napi_env env, struct io_work *work, napi_value value);

/* Set when the process ends: all that is under way ends early, or the exit would wait for it. */
extern bool io_work_is_over;

/* Whether it was aborted: `run` looks between pieces, and returns -ECANCELED. */
static inline bool io_work_is_aborted(const struct io_work *work)
{
	return __atomic_load_n(&io_work_is_over, __ATOMIC_RELAXED) ||
		(work->abort && __atomic_load_n(work->abort, __ATOMIC_RELAXED) != 0);
}

/*
 * Queues the work, and returns its promise, or NULL with an exception pending. Owns `work` from
 * here on, whatever happens. It rejects with io_failure(error, syscall).
 */
napi_value io_work_start(napi_env env, struct io_work *work);
/* Frees work that was not started, because an argument was refused. Returns NULL. */
napi_value io_work_drop(napi_env env, struct io_work *work);

#endif
