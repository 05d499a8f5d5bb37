/* tree-walk: the calls of JavaScript that walk a tree of folders, a batch of entries at a time. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>

#include "io/arguments.h"
#include "io/binding.h"
#include "io/failure.h"
#include "io/walk-batch.h"
#include "io/walk-tree.h"
#include "io/walk-visit.h"
#include "io/work.h"

/* By the numbers of packages/io/src/walk-native.ts. */
#define FLAG_FOLLOW 1
#define FLAG_SAME_SYSTEM 2
#define FLAG_SORTED 4

struct tree_walk {
	struct walk_tree tree;
	struct walk_options options;
	/* JavaScript's value, and each step under way. */
	unsigned int users;
};

struct walk_step {
	struct io_work work;
	struct tree_walk *walk;
	struct walk_batch batch;
	struct walk_visit visit;
};

/* Tells our externals from those of others. */
static const napi_type_tag walk_tag = {0x1d7b92e45c3a4f08u, 0xb6e05f8a3972c41du};

static void tree_walk_drop(struct tree_walk *walk)
{
	if (!walk || __atomic_sub_fetch(&walk->users, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	walk_tree_destroy(&walk->tree);
	free(walk);
}

static void tree_walk_finalize(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	tree_walk_drop(data);
}

static bool tree_walk_take(napi_env env, napi_value value, struct tree_walk **walk)
{
	void *data = NULL;
	bool is_ours = false;

	if (napi_check_object_type_tag(env, value, &walk_tag, &is_ours) != napi_ok || !is_ours ||
	    napi_get_value_external(env, value, &data) != napi_ok) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "a walk is needed");
		return false;
	}
	*walk = data;
	__atomic_add_fetch(&(*walk)->users, 1, __ATOMIC_RELAXED);
	return true;
}

/* walkOpen(root, flags, depth): a walk; its folders are freed by walkClose, or when it is
 * collected. */
static napi_value walk_open_js(napi_env env, napi_callback_info info)
{
	napi_value values[3], external;
	char root[IO_PATH_BYTES];
	struct tree_walk *walk;
	int64_t flags, depth;
	int error;

	if (!io_take(env, info, 3, values) || !io_take_path(env, values[0], root) ||
	    !io_take_integer(env, values[1], 0, FLAG_FOLLOW | FLAG_SAME_SYSTEM | FLAG_SORTED,
			     &flags) ||
	    !io_take_integer(env, values[2], 1, UINT32_MAX, &depth))
		return NULL;
	walk = calloc(1, sizeof(*walk));
	error = walk ? walk_tree_open(&walk->tree, root) : -ENOMEM;
	if (error) {
		free(walk);
		return io_throw(env, error, "malloc");
	}
	walk->users = 1;
	walk->options = (struct walk_options){
		.depth = (uint32_t)depth,
		.is_following = flags & FLAG_FOLLOW,
		.is_same_system = flags & FLAG_SAME_SYSTEM,
		.is_sorted = flags & FLAG_SORTED,
	};
	if (napi_create_external(env, walk, tree_walk_finalize, NULL, &external) != napi_ok) {
		tree_walk_drop(walk);
		return NULL;
	}
	return napi_type_tag_object(env, external, &walk_tag) == napi_ok ? external : NULL;
}

static int walk_step_run(struct io_work *work)
{
	struct walk_step *step = (struct walk_step *)work;
	struct walk_tree *tree = &step->walk->tree;
	int error = walk_batch_open(&step->batch);

	step->visit.tree = tree;
	step->visit.options = &step->walk->options;
	step->visit.batch = &step->batch;
	step->visit.work = work;
	while (!error && !walk_batch_is_full(&step->batch) && !io_work_is_aborted(work)) {
		struct walk_folder *folder = walk_tree_take(tree);

		if (!folder)
			break;
		error = walk_visit_folder(&step->visit, folder);
	}
	return error;
}

static napi_value walk_step_value(napi_env env, struct io_work *work)
{
	struct walk_step *step = (struct walk_step *)work;

	return walk_batch_value(env, &step->batch, walk_tree_is_done(&step->walk->tree));
}

static void walk_step_release(struct io_work *work)
{
	struct walk_step *step = (struct walk_step *)work;

	walk_batch_close(&step->batch);
	tree_walk_drop(step->walk);
}

/* walkStep(walk, abort): a promise of the next batch; empty when other steps had the rest. */
static napi_value walk_step_js(napi_env env, napi_callback_info info)
{
	struct walk_step *step = calloc(1, sizeof(*step));
	napi_value values[2];

	if (!step)
		return io_throw(env, -ENOMEM, "malloc");
	step->work = (struct io_work){
		.run = walk_step_run,
		.value = walk_step_value,
		.release = walk_step_release,
		.syscall = "scandir",
	};
	if (io_take(env, info, 2, values) && tree_walk_take(env, values[0], &step->walk) &&
	    io_work_take_abort(env, &step->work, values[1]))
		return io_work_start(env, &step->work);
	return io_work_drop(env, &step->work);
}

/* walkClose(walk): lets its folders go; steps under way end with what they have. */
static napi_value walk_close_js(napi_env env, napi_callback_info info)
{
	struct tree_walk *walk;
	napi_value value;

	if (!io_take(env, info, 1, &value) || !tree_walk_take(env, value, &walk))
		return NULL;
	walk_tree_close(&walk->tree);
	tree_walk_drop(walk);
	return io_undefined(env);
}

IO_FUNCTION("walkOpen", walk_open_js);
IO_FUNCTION("walkStep", walk_step_js);
IO_FUNCTION("walkClose", walk_close_js);
