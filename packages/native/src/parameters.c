/* parameters: what the command line says of one measurement, as NAME=VALUE. */
#include "parameters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int parameters_add(struct parameters *parameters, const char *text)
{
	const char *equals = strchr(text, '=');

	if (!equals || equals == text)
		return -EINVAL;
	if (parameters->count == PARAMETERS_MAX)
		return -E2BIG;
	parameters->all[parameters->count++] =
		(struct parameter){.name = text, .value = equals + 1};
	return 0;
}

static struct parameter *parameter_find(struct parameters *parameters, const char *name)
{
	size_t length = strlen(name);

	for (unsigned int i = 0; i < parameters->count; i++) {
		struct parameter *one = &parameters->all[i];

		if (strncmp(one->name, name, length) == 0 && one->name[length] == '=') {
			one->is_used = true;
			return one;
		}
	}
	return NULL;
}

static unsigned int parameter_shift(char suffix)
{
	switch (suffix) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return 0;
	}
}

uint64_t parameter_number(struct parameters *parameters, const char *name, uint64_t otherwise)
{
	struct parameter *one = parameter_find(parameters, name);
	unsigned long long number;
	unsigned int shift;
	char *end;

	if (!one)
		return otherwise;
	errno = 0;
	number = strtoull(one->value, &end, 10);
	shift = parameter_shift(*end);
	if (one->value[0] < '0' || one->value[0] > '9' || errno || end[shift > 0] ||
	    number > UINT64_MAX >> shift) {
		parameters->broken = one->name;
		return otherwise;
	}
	return number << shift;
}

const char *parameter_text(struct parameters *parameters, const char *name, const char *otherwise)
{
	struct parameter *one = parameter_find(parameters, name);

	return one ? one->value : otherwise;
}

unsigned int parameter_choice(struct parameters *parameters, const char *name,
			      const char *const *choices)
{
	struct parameter *one = parameter_find(parameters, name);

	if (!one)
		return 0;
	for (unsigned int i = 0; choices[i]; i++)
		if (strcmp(one->value, choices[i]) == 0)
			return i;
	parameters->broken = one->name;
	return 0;
}

const char *parameters_unfit(const struct parameters *parameters)
{
	if (parameters->broken)
		return parameters->broken;
	for (unsigned int i = 0; i < parameters->count; i++)
		if (!parameters->all[i].is_used)
			return parameters->all[i].name;
	return NULL;
}
