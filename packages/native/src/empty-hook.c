/* empty-hook: an eBPF program that does nothing, on a raw tracepoint. Loaded without a compiler. */
#define _GNU_SOURCE 1
#include "empty-hook.h"

#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int empty_hook_call(int command, union bpf_attr *attributes)
{
	long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : (int)result;
}

int empty_hook_load(void)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	attributes.insns = (uintptr_t)code;
	attributes.insn_cnt = sizeof(code) / sizeof(code[0]);
	attributes.license = (uintptr_t) "GPL";
	return empty_hook_call(BPF_PROG_LOAD, &attributes);
}

int empty_hook_attach(int program, const char *tracepoint)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.raw_tracepoint.name = (uintptr_t)tracepoint;
	attributes.raw_tracepoint.prog_fd = (uint32_t)program;
	return empty_hook_call(BPF_RAW_TRACEPOINT_OPEN, &attributes);
}

int empty_hook_count_runs(void)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.enable_stats.type = BPF_STATS_RUN_TIME;
	return empty_hook_call(BPF_ENABLE_STATS, &attributes);
}

int empty_hook_runs(int program, uint64_t *runs)
{
	struct bpf_prog_info info;
	union bpf_attr attributes;
	int error;

	memset(&info, 0, sizeof(info));
	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = (uint32_t)program;
	attributes.info.info_len = sizeof(info);
	attributes.info.info = (uintptr_t)&info;
	error = empty_hook_call(BPF_OBJ_GET_INFO_BY_FD, &attributes);
	*runs = info.run_cnt;
	return error;
}
