/* piece-list: memory for lists of pieces; one list is kept, as fresh memory costs a fault a page.
 */
#include "io/piece-list.h"

#include <stdint.h>
#include <stdlib.h>

#include "io/scatter.h"

/* What is kept between calls is never more: 131,072 pieces. */
#define KEPT_PIECES (1u << 17)

struct piece_list {
	size_t room;
	struct scatter_piece pieces[];
};

/* One for the whole process: whoever finds it gone makes another. */
static struct piece_list *piece_list_spare;

struct scatter_piece *piece_list_take(size_t count)
{
	struct piece_list *list = __atomic_exchange_n(&piece_list_spare, NULL, __ATOMIC_ACQ_REL);

	if (list && list->room >= count)
		return list->pieces;
	free(list);
	if (count > (SIZE_MAX - sizeof(*list)) / sizeof(list->pieces[0]))
		return NULL;
	list = malloc(sizeof(*list) + count * sizeof(list->pieces[0]));
	if (!list)
		return NULL;
	list->room = count;
	return list->pieces;
}

void piece_list_give(struct scatter_piece *pieces)
{
	struct piece_list *list;

	if (!pieces)
		return;
	list = (struct piece_list *)(void *)((unsigned char *)pieces -
					     offsetof(struct piece_list, pieces));
	if (list->room <= KEPT_PIECES)
		list = __atomic_exchange_n(&piece_list_spare, list, __ATOMIC_ACQ_REL);
	free(list);
}
