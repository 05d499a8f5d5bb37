/* target-table.h: what descriptors referred to, each thing once, with its name. */
#ifndef CROSSBILL_TARGET_TABLE_H
#define CROSSBILL_TARGET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "descriptor-kind.h"

/* As many as there can be lines; then descriptors keep their kind only. */
#define TARGETS_MAX 16384
/* All names together, bytes. */
#define TARGET_NAMES_MAX (8 << 20)

struct target {
	/* Hash of the kind and of what tells it from others; 0: free. */
	uint64_t id;
	enum descriptor_kind kind;
	/* Tries to name it that failed: a socket has no peer before it is connected. */
	uint32_t tries;
	/* Superblock magic of files and folders, else 0. */
	uint64_t file_system;
	/* Bytes of a file when it was named, else 0. */
	uint64_t size;
	/* NULL: not resolved. */
	char *name;
	uint32_t name_size;
	bool deleted;
	bool is_final;
};

/* The target of this identity, made when it is new; NULL when the table is full. */
struct target *target_find(uint64_t id, enum descriptor_kind kind);

/* Gives the target its name, or another one. Without room it stays unnamed and is counted. */
void target_set_name(struct target *target, const char *name, size_t size);

/* How many targets or names found no room. */
uint64_t target_unnamed(void);

/* Writes a "target" line for each. */
void target_write_all(void);

#endif
