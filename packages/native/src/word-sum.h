/* word-sum: reads every word of some memory, so that data which arrived is data which was used. */
#ifndef CROSSBILL_WORD_SUM_H
#define CROSSBILL_WORD_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two words at a time, which every x86-64 and every arm64 can. */
typedef uint64_t word_pair __attribute__((vector_size(16), aligned(1), may_alias));

/* Sum of the 64-bit words of `memory`, and of the bytes left over. Wraps around. */
static inline uint64_t word_sum(const void *memory, size_t bytes)
{
	const unsigned char *at = memory;
	const unsigned char *end = at + bytes;
	/* Apart, so that one addition need not wait for another. */
	word_pair a = {0}, b = {0}, c = {0}, d = {0};
	uint64_t sum;

	for (; end - at >= 64; at += 64) {
		a += *(const word_pair *)at;
		b += *(const word_pair *)(at + 16);
		c += *(const word_pair *)(at + 32);
		d += *(const word_pair *)(at + 48);
	}
	a += b + c + d;
	sum = a[0] + a[1];
	for (; end - at >= 8; at += 8) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		sum += word;
	}
	for (; at < end; at++)
		sum += *at;
	return sum;
}

#endif
