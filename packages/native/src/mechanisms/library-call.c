/*
 * library-call: a library operating system's system call: from a number to its handler and back.
 * how=call (no dispatch: the one handler is known), table (an array of pointers), switch (a tree
 * of comparisons in code, as compilers build without jump tables and Linux does on x86 since 6.9,
 * commit 1e3ad78334a6), binary (a search in a sorted array) or hash; n=numbers there are;
 * bodies=different handlers behind them, each of `handler` bytes; sequence=repeat (one number),
 * cycle (16 of them, over and over) or random.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "generated-code.h"
#include "mechanism.h"

#define MOST_NUMBERS 4096u
#define FEWEST_HANDLER_BYTES 8u
#define MOST_HANDLER_BYTES 4096u
/* Too long to be learnt, and small enough for L2. A power of two. */
#define SEQUENCE 65536u
#define CYCLE 16u
/* Sparse numbers, as a search is for: the first one is 1, then 4, 7... */
#define SPARSE(number) ((number)*3u + 1u)
/* 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4). */
#define GOLDEN 2654435769u

enum how { BY_CALL, BY_TABLE, BY_SWITCH, BY_BINARY, BY_HASH };
static const char *const hows[] = {"call", "table", "switch", "binary", "hash", NULL};

enum sequence { REPEAT, CYCLED, RANDOM };
static const char *const sequence_names[] = {"repeat", "cycle", "random", NULL};

struct slot {
	uint32_t key; /* 0: nothing here */
	generated_handler handler;
};

struct library_call {
	enum how how;
	uint32_t n;
	uint32_t bodies;
	struct generated_code code;
	generated_handler table[MOST_NUMBERS];
	uint32_t keys[MOST_NUMBERS];
	/* At least half of it is empty, so that searches are short. */
	struct slot slots[2 * MOST_NUMBERS];
	unsigned int hash_shift;
	uint32_t hash_mask;
	/* What is asked for, as the dispatcher wants it, and which number that is. */
	uint32_t asked[SEQUENCE];
	uint32_t numbers[SEQUENCE];
	uint32_t at;
	uint64_t sum;
};

__attribute__((noinline)) static uint64_t library_call_known(uint64_t sum)
{
	__asm__ volatile("" : "+r"(sum));
	return sum + 1;
}

/* With branches: what a processor can predict is the point, so no conditional moves. */
static inline uint32_t library_call_search(const uint32_t *keys, uint32_t count, uint32_t key)
{
	uint32_t low = 0;
	uint32_t high = count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (key < keys[middle]) {
			__asm__ volatile("");
			high = middle;
		} else {
			__asm__ volatile("");
			low = middle;
		}
	}
	return low;
}

static inline generated_handler library_call_hashed(const struct library_call *self, uint32_t key)
{
	uint32_t at = key * GOLDEN >> self->hash_shift;

	while (self->slots[at].key != key)
		at = (at + 1) & self->hash_mask;
	return self->slots[at].handler;
}

/* One step of the loop that all ways of dispatch share. */
#define EACH_ASKED(self, calls, sum, asked, expression)     \
	for (uint64_t left = (calls); left > 0; left--) {   \
		uint32_t asked = (self)->asked[(self)->at]; \
                                                            \
		(self)->at = ((self)->at + 1) % SEQUENCE;   \
		(sum) = (expression);                       \
	}

static int library_call_run(void *state, uint64_t calls)
{
	struct library_call *self = state;
	uint64_t sum = 0;

	switch (self->how) {
	case BY_CALL:
		EACH_ASKED(self, calls, sum, asked, library_call_known(sum + (asked & 0)))
		break;
	case BY_TABLE:
		EACH_ASKED(self, calls, sum, asked, self->table[asked](sum, asked))
		break;
	case BY_SWITCH:
		EACH_ASKED(self, calls, sum, asked, self->code.tree(sum, asked))
		break;
	case BY_BINARY:
		EACH_ASKED(self, calls, sum, asked,
			   self->table[library_call_search(self->keys, self->n, asked)](sum, asked))
		break;
	case BY_HASH:
		EACH_ASKED(self, calls, sum, asked, library_call_hashed(self, asked)(sum, asked))
		break;
	}
	self->sum = sum;
	return 0;
}

static int library_call_done(void *state, uint64_t calls, struct tally *tally)
{
	struct library_call *self = state;
	long icache = sysconf(_SC_LEVEL1_ICACHE_SIZE);
	uint64_t at = (self->at + SEQUENCE - calls % SEQUENCE) % SEQUENCE;
	uint64_t expected = 0;

	for (uint64_t call = 0; call < calls; call++, at = (at + 1) % SEQUENCE)
		expected += self->how == BY_CALL ? 1 : self->numbers[at] % self->bodies + 1;
	if (self->sum != expected)
		return -EIO;
	/* Divided by the events, as all counts are, it is a size again. */
	tally_count(tally, "instructionCacheBytes", icache > 0 ? (uint64_t)icache * calls : 0);
	return 0;
}

static void library_call_fill_hash(struct library_call *self)
{
	unsigned int bits = 1;

	while (1u << bits < 2 * self->n)
		bits++;
	self->hash_shift = 32 - bits;
	self->hash_mask = (1u << bits) - 1;
	for (uint32_t i = 0; i < self->n; i++) {
		uint32_t at = self->keys[i] * GOLDEN >> self->hash_shift;

		while (self->slots[at].key)
			at = (at + 1) & self->hash_mask;
		self->slots[at] = (struct slot){.key = self->keys[i], .handler = self->table[i]};
	}
}

static void library_call_fill_sequence(struct library_call *self, enum sequence sequence)
{
	bool sparse = self->how == BY_BINARY || self->how == BY_HASH;
	uint64_t seed = 0x2545f4914f6cdd1d;

	for (uint32_t i = 0; i < SEQUENCE; i++) {
		uint32_t period = sequence == REPEAT ? 1 : sequence == CYCLED ? CYCLE : SEQUENCE;

		/* xorshift64 (Marsaglia 2003): small and repeatable. */
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		self->numbers[i] =
			i < period ? (uint32_t)(seed >> 32) % self->n : self->numbers[i % period];
		self->asked[i] = sparse ? SPARSE(self->numbers[i]) : self->numbers[i];
	}
}

static int library_call_open(void **state, struct parameters *parameters)
{
	uint64_t n = parameter_number(parameters, "n", 8);
	uint64_t bodies = parameter_number(parameters, "bodies", n);
	uint64_t handler_bytes = parameter_number(parameters, "handler", 64);
	struct library_call *self;
	int error;

	if (n < 1 || n > MOST_NUMBERS || bodies < 1 || bodies > n ||
	    handler_bytes < FEWEST_HANDLER_BYTES || handler_bytes > MOST_HANDLER_BYTES)
		return -EINVAL;
	self = calloc(1, sizeof(*self));
	if (!self)
		return -ENOMEM;
	self->how = (enum how)parameter_choice(parameters, "how", hows);
	self->n = (uint32_t)n;
	self->bodies = (uint32_t)bodies;
	error = generated_code_open(&self->code, (size_t)bodies, (size_t)handler_bytes,
				    self->how == BY_SWITCH ? (size_t)n : 0);
	if (error) {
		free(self);
		return error;
	}
	for (uint32_t i = 0; i < self->n; i++) {
		self->keys[i] = SPARSE(i);
		self->table[i] = generated_code_handler(&self->code, i % self->bodies);
	}
	library_call_fill_hash(self);
	library_call_fill_sequence(
		self, (enum sequence)parameter_choice(parameters, "sequence", sequence_names));
	*state = self;
	return 0;
}

static void library_call_close(void *state)
{
	struct library_call *self = state;

	generated_code_close(&self->code);
	free(self);
}

MECHANISM(library_call_mechanism) = {
	.name = "library-call",
	.open = library_call_open,
	.run = library_call_run,
	.done = library_call_done,
	.close = library_call_close,
};
