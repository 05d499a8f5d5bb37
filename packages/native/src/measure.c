/*
 * measure: times one mechanism and prints its samples, one JSON object a line.
 *
 *   crossbill-measure NAME [PARAMETER=VALUE]... [--seconds S | --calls N [--block B]]
 *   crossbill-measure identity
 *
 * --seconds chooses a block size by itself and times blocks until S seconds are over. --calls makes
 * exactly N calls, no more, which is what a recorder's counts are compared with.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "block.h"
#include "identity.h"
#include "mechanism.h"

#define DEFAULT_SECONDS 0.1
#define MOST_SECONDS 60.0
#define MOST_CALLS 1000000000000u
#define DEFAULT_BLOCKS 64u
/* Enough for a quantile, however short the time. */
#define FEWEST_BLOCKS 5u
#define EXIT_USAGE 2

struct order {
	const struct mechanism *mechanism;
	struct parameters parameters;
	double seconds;
	uint64_t calls; /* 0: by time. */
	uint64_t block; /* 0: chosen here. */
};

static struct block blocks[BLOCKS_MAX];
static const char *refused;

void mechanism_refused(const char *what)
{
	refused = what;
}

static int order_number(const char *text, uint64_t most, uint64_t *value)
{
	char *end;
	unsigned long long number;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	number = strtoull(text, &end, 10);
	if (errno || *end || number > most)
		return -EINVAL;
	*value = number;
	return 0;
}

static int order_seconds(const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	/* The comparison is false for a NaN too. */
	return end != text && *end == 0 && *value > 0 && *value <= MOST_SECONDS ? 0 : -EINVAL;
}

static int order_read(struct order *order, int argc, char **argv)
{
	int at = 2;

	if (argc < 2)
		return -EINVAL;
	order->mechanism = mechanism_find(argv[1]);
	if (!order->mechanism)
		return -EINVAL;
	order->seconds = DEFAULT_SECONDS;
	for (; at < argc && argv[at][0] != '-'; at++)
		if (parameters_add(&order->parameters, argv[at]))
			return -EINVAL;
	for (; at + 1 < argc; at += 2) {
		int error = -EINVAL;

		if (strcmp(argv[at], "--seconds") == 0)
			error = order_seconds(argv[at + 1], &order->seconds);
		else if (strcmp(argv[at], "--calls") == 0)
			error = order_number(argv[at + 1], MOST_CALLS, &order->calls);
		else if (strcmp(argv[at], "--block") == 0)
			error = order_number(argv[at + 1], MOST_CALLS, &order->block);
		if (error)
			return error;
	}
	return at == argc ? 0 : -EINVAL;
}

/* Exactly order->calls calls; the last block may be shorter. Returns blocks timed or -errno. */
static int measure_by_calls(const struct order *order, void *state, uint64_t *block_calls)
{
	uint64_t left = order->calls;
	uint64_t size = order->block ? order->block : order->calls / DEFAULT_BLOCKS;
	int count = 0;

	if (size < order->calls / BLOCKS_MAX + 1)
		size = order->calls / BLOCKS_MAX + 1;
	if (order->mechanism->most_calls && size > order->mechanism->most_calls)
		size = order->mechanism->most_calls;
	*block_calls = size;
	while (left > 0) {
		uint64_t calls = left < size ? left : size;
		int error;

		if ((unsigned int)count == BLOCKS_MAX)
			return -E2BIG;
		error = block_time(order->mechanism, state, calls, &blocks[count]);
		if (error)
			return error;
		left -= calls;
		count++;
	}
	return count;
}

static int measure_by_time(const struct order *order, void *state, uint64_t calls)
{
	uint64_t end = block_now_ns() + (uint64_t)(order->seconds * 1e9);
	unsigned int count = 0;

	while (count < BLOCKS_MAX && (count < FEWEST_BLOCKS || block_now_ns() < end)) {
		int error = block_time(order->mechanism, state, calls, &blocks[count]);

		if (error)
			return error;
		count++;
	}
	return (int)count;
}

static void measure_print_block(const struct block *block)
{
	const struct tally *tally = &block->tally;

	printf("{\"calls\":%llu,\"events\":%llu,\"ns\":%llu,\"cpuNs\":%llu,\"counts\":{",
	       (unsigned long long)block->calls, (unsigned long long)tally->events,
	       (unsigned long long)block->ns, (unsigned long long)block->cpu_ns);
	for (unsigned int i = 0; i < tally->used; i++)
		printf("%s\"%s\":%llu", i ? "," : "", tally->counts[i].name,
		       (unsigned long long)tally->counts[i].value);
	puts("}}");
}

static void measure_print(const struct order *order, const struct block_timer *timer,
			  const struct block_plan *plan, int count)
{
	printf("{\"mechanism\":\"%s\",\"timerNs\":%.3f,\"resolutionNs\":%llu,\"blockCalls\":%llu",
	       order->mechanism->name, timer->cost_ns, (unsigned long long)timer->resolution_ns,
	       (unsigned long long)plan->calls);
	if (plan->attempts)
		printf(",\"linear\":%s,\"ratio\":%.4f,\"attempts\":%u}\n",
		       plan->linear ? "true" : "false", plan->ratio, plan->attempts);
	else
		puts(",\"linear\":null,\"ratio\":null,\"attempts\":0}");
	for (int i = 0; i < count; i++)
		measure_print_block(&blocks[i]);
	printf("{\"blocks\":%d}\n", count);
}

static int measure_run(struct order *order)
{
	struct block_timer timer;
	struct block_plan plan = {0};
	void *state = NULL;
	int result = order->mechanism->open(&state, &order->parameters);
	const char *unfit = result ? NULL : parameters_unfit(&order->parameters);

	if (unfit) {
		mechanism_refused(unfit);
		order->mechanism->close(state);
		return -EINVAL;
	}
	if (result)
		return result;
	block_measure_timer(&timer);
	if (order->calls) {
		result = measure_by_calls(order, state, &plan.calls);
	} else {
		result = block_plan(order->mechanism, state, &timer, &plan);
		if (!result)
			result = measure_by_time(order, state, plan.calls);
	}
	order->mechanism->close(state);
	if (result < 0)
		return result;
	measure_print(order, &timer, &plan, result);
	return fflush(stdout) == 0 ? 0 : -errno;
}

static int measure_usage(void)
{
	const struct mechanism *one;

	fputs("usage: crossbill-measure NAME [PARAMETER=VALUE]... [--seconds S | --calls N "
	      "[--block B]]\n"
	      "       crossbill-measure identity\n"
	      "names:",
	      stderr);
	for (size_t i = 0; (one = mechanism_at(i)); i++)
		fprintf(stderr, " %s", one->name);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct order order = {0};
	int error;

	/* Who asked must not leave this running behind it, however it ends. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc == 2 && strcmp(argv[1], "identity") == 0) {
		identity_print();
		return 0;
	}
	if (order_read(&order, argc, argv))
		return measure_usage();
	error = measure_run(&order);
	if (error) {
		fprintf(stderr, "crossbill-measure: %s: %s%s%s\n", order.mechanism->name,
			refused ? refused : "", refused ? ": " : "", strerror(-error));
		return 1;
	}
	return 0;
}
