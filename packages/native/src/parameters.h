/* parameters: what the command line says of one measurement, as NAME=VALUE. */
#ifndef CROSSBILL_PARAMETERS_H
#define CROSSBILL_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

#define PARAMETERS_MAX 24u

struct parameter {
	const char *name; /* ends at the '=' */
	const char *value;
	bool is_used;
};

struct parameters {
	struct parameter all[PARAMETERS_MAX];
	unsigned int count;
	/* The first one that was asked for and had no fit value, or NULL. */
	const char *broken;
};

/* Takes one NAME=VALUE. Returns 0, -EINVAL when it is none, -E2BIG when there is no room. */
int parameters_add(struct parameters *parameters, const char *text);

/* The number of that name, `otherwise` when it is not given; suffixes K, M, G are powers of 1024.
 */
uint64_t parameter_number(struct parameters *parameters, const char *name, uint64_t otherwise);

/* The text of that name, `otherwise` when it is not given. */
const char *parameter_text(struct parameters *parameters, const char *name, const char *otherwise);

/* Index of the text of that name in a list that ends with NULL; 0 when it is not given. */
unsigned int parameter_choice(struct parameters *parameters, const char *name,
			      const char *const *choices);

/* A name that nobody asked for or that had no fit value, or NULL: all is well. */
const char *parameters_unfit(const struct parameters *parameters);

#endif
