/* piece-list: memory for lists of pieces; one list is kept, as fresh memory costs a fault a page.
 */
#ifndef CROSSBILL_IO_PIECE_LIST_H
#define CROSSBILL_IO_PIECE_LIST_H

#include <stddef.h>

struct scatter_piece;

/* Room for `count` pieces, or NULL. */
struct scatter_piece *piece_list_take(size_t count);
void piece_list_give(struct scatter_piece *pieces);

#endif
