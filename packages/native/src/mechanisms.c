/* mechanisms: the list, as the linker gathered it. */
#include <string.h>

#include "mechanism.h"

/* Names that the linker itself gives to both ends of the section. */
extern const struct mechanism *const __start_mechanisms[];
extern const struct mechanism *const __stop_mechanisms[];

const struct mechanism *mechanism_at(size_t index)
{
	size_t count = (size_t)(__stop_mechanisms - __start_mechanisms);

	return index < count ? __start_mechanisms[index] : NULL;
}

const struct mechanism *mechanism_find(const char *name)
{
	const struct mechanism *one;

	for (size_t i = 0; (one = mechanism_at(i)); i++)
		if (strcmp(one->name, name) == 0)
			return one;
	return NULL;
}
