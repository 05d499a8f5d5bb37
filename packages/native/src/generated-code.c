/* generated-code: machine code written at run time: handlers, and a compare tree that reaches them.
 */
#define _GNU_SOURCE 1
#include "generated-code.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "mechanism.h"

#ifdef __x86_64__

#define NOP_BYTES 8u
/* One comparison and its branch, and one leaf of the tree. */
#define NODE_BYTES 12u
#define LEAF_BYTES 5u

/* Where the next byte goes. */
struct writer {
	unsigned char *at;
};

static void writer_bytes(struct writer *writer, const void *bytes, size_t count)
{
	memcpy(writer->at, bytes, count);
	writer->at += count;
}

static void writer_u32(struct writer *writer, uint32_t value)
{
	writer_bytes(writer, &value, sizeof(value));
}

/* The last part of a jump: how far `target` is from the next instruction. */
static void writer_distance(struct writer *writer, const unsigned char *target)
{
	writer_u32(writer, (uint32_t)(int32_t)(target - (writer->at + 4)));
}

/* lea INDEX+1(%rdi),%rax; nops; ret. Long nops run through L1i quicker than any other code. */
static void generated_code_write_handler(unsigned char *at, size_t bytes, size_t index)
{
	static const unsigned char nop[NOP_BYTES] = {0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0};
	struct writer writer = {.at = at};
	unsigned char *last = at + bytes - 1;

	writer_bytes(&writer, "\x48\x8d\x87", 3);
	writer_u32(&writer, (uint32_t)index + 1);
	while (last - writer.at >= (ptrdiff_t)NOP_BYTES)
		writer_bytes(&writer, nop, NOP_BYTES);
	while (writer.at < last)
		writer_bytes(&writer, "\x90", 1);
	writer_bytes(&writer, "\xc3", 1);
}

/* cmp $MIDDLE,%esi; jae RIGHT; the left half; the right half: ceil(log2 n) comparisons deep. */
static void generated_code_write_tree(const struct generated_code *code, struct writer *writer,
				      size_t low, size_t high)
{
	size_t middle = low + (high - low) / 2;
	struct writer distance;

	if (high - low == 1) {
		writer_bytes(writer, "\xe9", 1);
		writer_distance(writer, code->memory + low % code->handlers * code->handler_bytes);
		return;
	}
	writer_bytes(writer, "\x81\xfe", 2);
	writer_u32(writer, (uint32_t)middle);
	writer_bytes(writer, "\x0f\x83", 2);
	distance = *writer;
	writer->at += 4;
	generated_code_write_tree(code, writer, low, middle);
	writer_distance(&distance, writer->at);
	generated_code_write_tree(code, writer, middle, high);
}

int generated_code_open(struct generated_code *code, size_t handlers, size_t handler_bytes,
			size_t numbers)
{
	size_t code_bytes = handlers * handler_bytes;
	void *memory;

	code->mapped_bytes = code_bytes + numbers * (NODE_BYTES + LEAF_BYTES);
	memory = mmap(NULL, code->mapped_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	code->memory = memory;
	code->handlers = handlers;
	code->handler_bytes = handler_bytes;
	for (size_t i = 0; i < handlers; i++)
		generated_code_write_handler(code->memory + i * handler_bytes, handler_bytes, i);
	if (numbers) {
		struct writer writer = {.at = code->memory + code_bytes};

		generated_code_write_tree(code, &writer, 0, numbers);
		code->tree = (generated_handler)(uintptr_t)(code->memory + code_bytes);
	}
	if (mprotect(memory, code->mapped_bytes, PROT_READ | PROT_EXEC) < 0) {
		int error = -errno;

		mechanism_refused("making written memory executable (a security policy?)");
		generated_code_close(code);
		return error;
	}
	return 0;
}

#else

int generated_code_open(struct generated_code *code, size_t handlers, size_t handler_bytes,
			size_t numbers)
{
	(void)code, (void)handlers, (void)handler_bytes, (void)numbers;
	mechanism_refused("code is written for x86-64 only");
	return -ENOTSUP;
}

#endif

generated_handler generated_code_handler(const struct generated_code *code, size_t index)
{
	return (generated_handler)(uintptr_t)(code->memory + index * code->handler_bytes);
}

void generated_code_close(struct generated_code *code)
{
	if (code->memory)
		munmap(code->memory, code->mapped_bytes);
	code->memory = NULL;
}
