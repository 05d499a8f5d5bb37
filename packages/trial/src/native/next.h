/* next.h: the functions that this library stands before, and how to reach the C library's own. */
#ifndef CROSSBILL_LIVE_NEXT_H
#define CROSSBILL_LIVE_NEXT_H

#include <dlfcn.h>

#define EXPORTED __attribute__((visibility("default")))

/* The function of this name that the program would have called without us. */
#define NEXT(name)                                            \
	({                                                    \
		static __typeof__(&name) next_of_it;          \
		if (!next_of_it)                              \
			next_of_it = dlsym(RTLD_NEXT, #name); \
		next_of_it;                                   \
	})

/* gcc warns of an alias with fewer attributes; clang neither warns nor knows the word. */
#if __has_attribute(copy)
#define ATTRIBUTES_OF(name) copy(name)
#else
#define ATTRIBUTES_OF(name)
#endif

/* Another name of a function of ours. */
#define SAME(alias_name, name)                      \
	EXPORTED extern __typeof__(name) alias_name \
		__attribute__((alias(#name), ATTRIBUTES_OF(name)));

/* A system call as it is. Not through a name of the C library that we stand before. */
long next_kernel(long number, ...);

#endif
