// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* kernel-features: what this kernel lets the recorder do, found out by trying. */
#define _GNU_SOURCE
#include "kernel-features.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "program.h"
#include "sampler.h"

static bool is_first = true;

/* Details are ours and errno texts: plain ASCII without quotes. */
static void feature(const char *name, int error, const char *works, const char *fails)
{
	printf("%s{\"name\":\"%s\",\"ok\":%s,\"detail\":\"%s", is_first ? "" : ",", name,
	       error ? "false" : "true", error ? fails : works);
	if (error)
		printf(": %s", strerror(-error));
	printf("\",\"errno\":%d}", -error);
	is_first = false;
}

static bool has_capability(const struct __user_cap_data_struct *data, int capability)
{
	return data[capability / 32].effective & (1u << (capability % 32));
}

static void feature_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	bool admin, bpf, perfmon;

	if (syscall(SYS_capget, &header, data)) {
		feature("capabilities", -errno, "", "capget");
		return;
	}
	admin = has_capability(data, CAP_SYS_ADMIN);
	bpf = has_capability(data, CAP_BPF);
	perfmon = has_capability(data, CAP_PERFMON);
	if (admin || (bpf && perfmon))
		feature("capabilities", 0, admin ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON", "");
	else
		feature("capabilities", -EPERM, "",
			bpf		  ? "CAP_PERFMON is missing"
				: perfmon ? "CAP_BPF is missing"
					  : "CAP_BPF and CAP_PERFMON are missing");
}

static void feature_pmu(void)
{
	struct perf_event_attr attr = {.size = sizeof(attr),
				       .type = PERF_TYPE_HARDWARE,
				       .config = PERF_COUNT_HW_CPU_CYCLES};
	long fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	feature("pmu", fd < 0 ? -errno : 0, "hardware cycles can be counted", "no hardware cycles");
	if (fd >= 0)
		close((int)fd);
}

int features_print(void)
{
	const struct program_options options = {.exact_time = true, .variant = VARIANTS};
	static struct program program;
	int loaded, attached, sampler = -EPERM;

	printf("{\"features\":[");
	feature("btf", access("/sys/kernel/btf/vmlinux", R_OK) ? -errno : 0,
		"/sys/kernel/btf/vmlinux", "/sys/kernel/btf/vmlinux");
	feature_capabilities();
	loaded = program_load(&program, &options);
	feature("recorder", loaded, program_variant_name(program.variant),
		program.what ? program.what : "loading");
	attached = loaded ? loaded : program_attach(&program);
	feature("tracepoints", attached, "system calls, scheduler, io_uring",
		program.what ? program.what : "attaching");
	feature("fentry", program_fault_refusal(&program), "page faults are timed",
		"page faults are counted, their time is sampled or priced");
	if (!attached) {
		sampler = sampler_open(program.sample);
		sampler_close();
		program_detach(&program);
	}
	feature("cpu-clock", sampler < 0 ? sampler : 0, "499 samples a second", "no samples");
	feature_pmu();
	printf("]}\n");
	return loaded || attached ? 1 : 0;
}
