/* scatter-write: pieces to their places in a file, in the order given; neighbours in one call. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <sys/uio.h>

#include "io/scatter.h"

/* IOV_MAX of Linux. */
#define MOST_VECTORS 1024u

/* Pieces from `first` on that lie one behind the other, as one call's vectors. */
static unsigned int scatter_vectors(const struct scatter *scatter, size_t first, size_t done,
				    struct iovec *vectors)
{
	const struct scatter_piece *pieces = scatter->pieces;
	unsigned int count = 0;

	for (size_t i = first; i < scatter->count && count < MOST_VECTORS; i++) {
		if (i > first && pieces[i].offset != pieces[i - 1].offset + pieces[i - 1].length)
			break;
		vectors[count++] = (struct iovec){
			.iov_base = pieces[i].data + done,
			.iov_len = pieces[i].length - done,
		};
		done = 0;
	}
	return count;
}

int scatter_by_pwrite(struct scatter *scatter)
{
	struct iovec vectors[MOST_VECTORS];
	size_t at = 0;
	size_t done = 0; /* bytes of the piece at `at` */

	scatter->syscall = "pwrite";
	while (at < scatter->count) {
		const struct scatter_piece *piece = &scatter->pieces[at];
		ssize_t put;

		if (piece->length == done) {
			at++;
			done = 0;
			continue;
		}
		if (scatter_is_aborted(scatter))
			return -ECANCELED;
		put = pwritev(scatter->fd, vectors,
			      (int)scatter_vectors(scatter, at, done, vectors),
			      (off_t)(piece->offset + done));
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return put < 0 ? -errno : -EIO;
		scatter->written += (uint64_t)put;
		for (done += (size_t)put; at < scatter->count && done >= scatter->pieces[at].length;
		     at++)
			done -= scatter->pieces[at].length;
	}
	return 0;
}
