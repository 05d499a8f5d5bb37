// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* floor: an empty program at either end of every system call; the least that any recorder of this
 * kind adds. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char floor_license[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sys_enter")
int floor_enter(void *context)
{
	(void)context;
	return 0;
}

SEC("tp_btf/sys_exit")
int floor_exit(void *context)
{
	(void)context;
	return 0;
}
