/* tally: what was counted while a block ran: faults taken, system calls made, bytes moved... */
#ifndef CROSSBILL_TALLY_H
#define CROSSBILL_TALLY_H

#include <stdint.h>

#define TALLY_MAX 8u

struct count {
	/* A JSON key: letters only. */
	const char *name;
	uint64_t value;
};

struct tally {
	/* What one price is for: preset to the calls. */
	uint64_t events;
	struct count counts[TALLY_MAX];
	unsigned int used;
};

/* Notes a count; what finds no room is dropped. `name` must outlive the process. */
static inline void tally_count(struct tally *tally, const char *name, uint64_t value)
{
	if (tally->used < TALLY_MAX)
		tally->counts[tally->used++] = (struct count){.name = name, .value = value};
}

#endif
