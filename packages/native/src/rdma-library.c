/* rdma-library: libibverbs, loaded when it is asked for, and its first device that is hardware. */
#define _GNU_SOURCE 1
#include "rdma-library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mechanism.h"

static char refusal[256];

static int rdma_library_symbols(struct rdma_library *library)
{
	const struct {
		const char *name;
		void *place;
	} symbols[] = {
		{"ibv_get_device_list", &library->get_device_list},
		{"ibv_free_device_list", &library->free_device_list},
		{"ibv_get_device_name", &library->get_device_name},
		{"ibv_open_device", &library->open_device},
		{"ibv_close_device", &library->close_device},
		{"ibv_alloc_pd", &library->alloc_pd},
		{"ibv_dealloc_pd", &library->dealloc_pd},
		{"ibv_reg_mr", &library->reg_mr},
		{"ibv_dereg_mr", &library->dereg_mr},
	};

	for (size_t at = 0; at < sizeof(symbols) / sizeof(symbols[0]); at++) {
		void *found = dlsym(library->loaded, symbols[at].name);

		if (!found)
			return -EBADF;
		/* ISO C knows no way from an object's address to a function's; POSIX has this. */
		memcpy(symbols[at].place, &found, sizeof(found));
	}
	return 0;
}

int rdma_library_open(struct rdma_library *library, const char *path)
{
	int error;

	library->loaded = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!library->loaded) {
		mechanism_refused("libibverbs is not installed");
		return -ENOENT;
	}
	error = rdma_library_symbols(library);
	if (error) {
		mechanism_refused("this libibverbs lacks what registers memory");
		rdma_library_close(library);
	}
	return error;
}

void rdma_library_close(struct rdma_library *library)
{
	dlclose(library->loaded);
}

/* A device of software has no bus: sysfs keeps it among the virtual ones. */
static bool rdma_library_is_software(const char *devices, const char *name)
{
	char path[PATH_MAX];
	char *real;
	bool is_software;

	if (snprintf(path, sizeof(path), "%s/%s", devices, name) >= (int)sizeof(path))
		return true;
	real = realpath(path, NULL);
	is_software = !real || strstr(real, "/virtual/");
	free(real);
	return is_software;
}

int rdma_library_device(const struct rdma_library *library, const char *devices, const char *named,
			struct ibv_context **context)
{
	struct ibv_device **list;
	int count = 0;
	int error = -ENODEV;

	errno = 0;
	list = library->get_device_list(&count);
	if (!list) {
		error = errno ? -errno : -ENOSYS;
		mechanism_refused("libibverbs is there, but not the kernel's RDMA (ib_uverbs)");
		return error;
	}
	mechanism_refused("libibverbs is there, but no RDMA device");
	for (int at = 0; error && at < count; at++) {
		const char *name = library->get_device_name(list[at]);

		if (*named && strcmp(name, named) != 0)
			continue;
		error = -EOPNOTSUPP;
		snprintf(refusal, sizeof(refusal), "the RDMA device %s is software", name);
		if (!rdma_library_is_software(devices, name)) {
			*context = library->open_device(list[at]);
			error = *context ? 0 : -EIO;
			snprintf(refusal, sizeof(refusal), "the RDMA device %s", name);
		}
		mechanism_refused(refusal);
	}
	library->free_device_list(list);
	return error;
}
