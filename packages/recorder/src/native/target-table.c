/* target-table.c: what descriptors referred to, each thing once, with its name. */
#include "target-table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stream.h"

/* Twice the targets, so that probing ends soon; a power of two. */
#define SLOTS (2 * TARGETS_MAX)

static struct {
	struct target slots[SLOTS];
	size_t used;
	size_t name_bytes;
	uint64_t unnamed;
} table;

struct target *target_find(uint64_t id, enum descriptor_kind kind)
{
	size_t at = id & (SLOTS - 1);

	/* 0 marks a free slot. */
	id += !id;
	while (table.slots[at].id && table.slots[at].id != id)
		at = (at + 1) & (SLOTS - 1);
	if (table.slots[at].id)
		return &table.slots[at];
	if (table.used == TARGETS_MAX) {
		table.unnamed++;
		return NULL;
	}
	table.used++;
	table.slots[at] = (struct target){.id = id, .kind = kind};
	return &table.slots[at];
}

void target_set_name(struct target *target, const char *name, size_t size)
{
	char *copy = NULL;

	if (target->name && target->name_size == size && !memcmp(target->name, name, size))
		return;
	if (table.name_bytes - target->name_size + size <= TARGET_NAMES_MAX)
		copy = malloc(size + 1);
	if (!copy) {
		table.unnamed++;
		return;
	}
	memcpy(copy, name, size);
	copy[size] = 0;
	table.name_bytes += size - target->name_size;
	free(target->name);
	target->name = copy;
	target->name_size = (uint32_t)size;
}

uint64_t target_unnamed(void)
{
	return table.unnamed;
}

void target_write_all(void)
{
	for (size_t i = 0; i < SLOTS; i++) {
		const struct target *target = &table.slots[i];
		char id[17];

		if (!target->id)
			continue;
		(void)snprintf(id, sizeof(id), "%016" PRIx64, target->id);
		stream_begin("target");
		stream_text("id", id);
		stream_u64("kind", target->kind);
		if (target->name)
			stream_bytes("name", target->name, target->name_size);
		else
			stream_null("name");
		stream_u64("fs", target->file_system);
		stream_bool("deleted", target->deleted);
		stream_bool("truncated", false);
		if (target->kind == KIND_FILE)
			stream_u64("size", target->size);
		if (stream_finish())
			return;
	}
}
