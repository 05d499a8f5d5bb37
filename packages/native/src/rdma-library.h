/*
 * rdma-library: the part of libibverbs that registers memory, loaded when it is asked for, so that
 * neither building nor starting needs it. Devices that are software are refused: what they cost is
 * no device's price.
 */
#ifndef CROSSBILL_RDMA_LIBRARY_H
#define CROSSBILL_RDMA_LIBRARY_H

#include <stddef.h>

struct ibv_device;
struct ibv_context;
struct ibv_pd;
struct ibv_mr;

struct rdma_library {
	void *loaded;
	struct ibv_device **(*get_device_list)(int *count);
	void (*free_device_list)(struct ibv_device **list);
	const char *(*get_device_name)(struct ibv_device *device);
	struct ibv_context *(*open_device)(struct ibv_device *device);
	int (*close_device)(struct ibv_context *context);
	struct ibv_pd *(*alloc_pd)(struct ibv_context *context);
	int (*dealloc_pd)(struct ibv_pd *domain);
	struct ibv_mr *(*reg_mr)(struct ibv_pd *domain, void *memory, size_t bytes, int access);
	int (*dereg_mr)(struct ibv_mr *region);
};

/* Returns 0 or -errno, with the refusal said: -ENOENT when the library is not installed. */
int rdma_library_open(struct rdma_library *library, const char *path);
void rdma_library_close(struct rdma_library *library);

/*
 * Opens the first device that is hardware, or only the one `named` when that is not empty. Returns
 * 0 or -errno, with the refusal said: -ENOSYS when the kernel has no RDMA, -ENODEV without a
 * device, -EOPNOTSUPP when all are software. `devices` is where sysfs lists them.
 */
int rdma_library_device(const struct rdma_library *library, const char *devices, const char *named,
			struct ibv_context **context);

#endif
