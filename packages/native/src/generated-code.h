/* generated-code: machine code written at run time: handlers, and a compare tree that reaches them.
 */
#ifndef CROSSBILL_GENERATED_CODE_H
#define CROSSBILL_GENERATED_CODE_H

#include <stddef.h>
#include <stdint.h>

/* Adds its own index + 1 to `sum`; `number` is what was asked for. */
typedef uint64_t (*generated_handler)(uint64_t sum, uint32_t number);

struct generated_code {
	unsigned char *memory;
	size_t mapped_bytes;
	/* Of each handler, in bytes; they lie one after another. */
	size_t handler_bytes;
	size_t handlers;
	/* Goes to handler `number` % handlers for each of the numbers below `numbers`. */
	generated_handler tree;
};

/*
 * Writes `handlers` handlers of `handler_bytes` bytes, each executed from its first byte to its
 * last, and, when `numbers` is not 0, a tree of comparisons for so many. Returns 0 or -errno.
 */
int generated_code_open(struct generated_code *code, size_t handlers, size_t handler_bytes,
			size_t numbers);

generated_handler generated_code_handler(const struct generated_code *code, size_t index);

void generated_code_close(struct generated_code *code);

#endif
