/* bare-guest: a virtual machine under /dev/kvm that does nothing but make system calls. */
#define _GNU_SOURCE 1
#include "bare-guest.h"

#include <errno.h>

#ifdef __x86_64__

#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "guest-layout.h"
#include "guest-statistics.h"
#include "mechanism.h"

/* A guest that makes this many calls as it should makes all of them. */
#define TRIAL_CALLS 64u
/* A trial takes less than a millisecond; a guest gone astray would take for ever. */
#define TRIAL_US 500000
#define CPUID_ENTRIES 256u

static int bare_guest_refused(const char *what)
{
	int error = -errno;

	mechanism_refused(what);
	return error;
}

static int bare_guest_create(struct bare_guest *self)
{
	int bytes;

	self->device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (self->device < 0)
		return bare_guest_refused(errno == ENOENT	    ? "missing (/dev/kvm)"
						  : errno == EACCES ? "no-permission (/dev/kvm)"
								    : "unusable (/dev/kvm)");
	self->machine = ioctl(self->device, KVM_CREATE_VM, 0);
	if (self->machine < 0)
		return bare_guest_refused("unusable (KVM_CREATE_VM)");
	self->processor = ioctl(self->machine, KVM_CREATE_VCPU, 0);
	if (self->processor < 0)
		return bare_guest_refused("unusable (KVM_CREATE_VCPU)");
	bytes = ioctl(self->device, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (bytes < 0)
		return bare_guest_refused("unusable (KVM_GET_VCPU_MMAP_SIZE)");
	self->run_bytes = (size_t)bytes;
	self->run =
		mmap(NULL, self->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, self->processor, 0);
	if (self->run == MAP_FAILED) {
		self->run = NULL;
		return bare_guest_refused("unusable (mapping of kvm_run)");
	}
	return 0;
}

static int bare_guest_give_memory(struct bare_guest *self)
{
	struct kvm_userspace_memory_region region = {.memory_size = GUEST_BYTES};
	void *memory =
		mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	self->memory = memory;
	/* One page of it is going to be forbidden alone. EINVAL: there are no huge pages. */
	madvise(memory, GUEST_BYTES, MADV_NOHUGEPAGE);
	region.userspace_addr = (uintptr_t)memory;
	if (ioctl(self->machine, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return bare_guest_refused("unusable (KVM_SET_USER_MEMORY_REGION)");
	return 0;
}

/* Without this a processor has neither 64 bits nor SYSCALL. */
static int bare_guest_set_cpuid(struct bare_guest *self)
{
	struct kvm_cpuid2 *cpuid =
		calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(struct kvm_cpuid_entry2));
	int error = 0;

	if (!cpuid)
		return -ENOMEM;
	cpuid->nent = CPUID_ENTRIES;
	if (ioctl(self->device, KVM_GET_SUPPORTED_CPUID, cpuid) < 0)
		error = bare_guest_refused("unusable (KVM_GET_SUPPORTED_CPUID)");
	else if (ioctl(self->processor, KVM_SET_CPUID2, cpuid) < 0)
		error = bare_guest_refused("unusable (KVM_SET_CPUID2)");
	free(cpuid);
	return error;
}

/* User code at privilege 3; also what undoes what a system call did to the segments. */
static int bare_guest_set_mode(struct bare_guest *self)
{
	struct kvm_sregs registers;

	if (ioctl(self->processor, KVM_GET_SREGS, &registers) < 0)
		return bare_guest_refused("unusable (KVM_GET_SREGS)");
	guest_layout_mode(&registers);
	if (ioctl(self->processor, KVM_SET_SREGS, &registers) < 0)
		return bare_guest_refused("unusable (KVM_SET_SREGS)");
	return 0;
}

static int bare_guest_set_entry(struct bare_guest *self)
{
	struct kvm_msrs *all = calloc(1, sizeof(*all) + GUEST_MSRS * sizeof(struct kvm_msr_entry));
	int set;

	if (!all)
		return -ENOMEM;
	all->nmsrs = GUEST_MSRS;
	guest_layout_msrs(all->entries);
	errno = EINVAL; /* When only some of them could be set, the kernel says how many. */
	set = ioctl(self->processor, KVM_SET_MSRS, all);
	free(all);
	return set == GUEST_MSRS ? 0 : bare_guest_refused("unusable (KVM_SET_MSRS)");
}

static volatile sig_atomic_t trial_is_over;

static void bare_guest_end_trial(int signal_number)
{
	(void)signal_number;
	trial_is_over = 1;
}

/*
 * Runs the guest until it touches a page it may not. The exit's reason says nothing on some
 * hypervisors, so the error and the place decide: EFAULT, and where the guest stands.
 */
static int bare_guest_resume(struct bare_guest *self, struct kvm_regs *registers)
{
	while (ioctl(self->processor, KVM_RUN, 0) < 0) {
		if (errno == EINTR && !trial_is_over)
			continue;
		if (errno == EINTR)
			return -ENOTSUP;
		if (errno != EFAULT)
			return bare_guest_refused("unusable (KVM_RUN)");
		return ioctl(self->processor, KVM_GET_REGS, registers) < 0 ? -errno : 0;
	}
	/* Any other exit is one that such a guest has no reason for, such as a triple fault. */
	return -ENOTSUP;
}

/* A call stands before the handler that it may not fetch: note it, and let it run the twin. */
static int bare_guest_record(struct bare_guest *self, struct kvm_regs *registers)
{
	self->recorded++;
	self->recorded_sum += registers->rax;
	registers->rip = GUEST_TWIN;
	return ioctl(self->processor, KVM_SET_REGS, registers) < 0 ? -errno : 0;
}

int bare_guest_call(struct bare_guest *self, uint64_t calls)
{
	struct kvm_regs registers = {
		.rip = GUEST_CODE, .rflags = 2, .rdi = calls, .rbx = GUEST_END};
	uint64_t sum = calls * (calls + 1) / 2;
	int error = bare_guest_set_mode(self);

	self->recorded = self->recorded_sum = 0;
	if (!error && ioctl(self->processor, KVM_SET_REGS, &registers) < 0)
		error = bare_guest_refused("unusable (KVM_SET_REGS)");
	while (!error) {
		error = bare_guest_resume(self, &registers);
		if (error || registers.rip != GUEST_HANDLER || self->recorded == calls)
			break;
		error = bare_guest_record(self, &registers);
	}
	if (error)
		return error;
	if (registers.r15 != calls || registers.r14 != sum)
		return -ENOTSUP;
	if (self->is_monitored && (self->recorded != calls || self->recorded_sum != sum))
		return -EIO;
	return 0;
}

int bare_guest_exits(const struct bare_guest *self, uint64_t *exits)
{
	if (self->exits_at < 0)
		return -ENOTSUP;
	return pread(self->statistics, exits, sizeof(*exits), self->exits_at) == sizeof(*exits)
		? 0
		: -EIO;
}

void bare_guest_close(struct bare_guest *self)
{
	int all[] = {self->statistics, self->processor, self->machine, self->device};

	if (self->run)
		munmap(self->run, self->run_bytes);
	for (size_t at = 0; at < sizeof(all) / sizeof(all[0]); at++)
		if (all[at] >= 0)
			close(all[at]);
	if (self->memory)
		munmap(self->memory, GUEST_BYTES);
}

static void bare_guest_forget(struct bare_guest *self)
{
	*self = (struct bare_guest){
		.device = -1, .machine = -1, .processor = -1, .statistics = -1, .exits_at = -1};
}

static int bare_guest_build(struct bare_guest *self, enum bare_guest_kind kind)
{
	int error;

	bare_guest_forget(self);
	self->kind = kind;
	error = bare_guest_create(self);
	if (!error)
		error = bare_guest_give_memory(self);
	if (!error)
		error = bare_guest_set_cpuid(self);
	if (error)
		return error;
	guest_layout_fill(self->memory, kind == BARE_GUEST_FLAT);
	error = bare_guest_set_mode(self);
	if (!error)
		error = bare_guest_set_entry(self);
	if (error)
		return error;
	if (mprotect(self->memory + GUEST_END, GUEST_PAGE, PROT_NONE) < 0)
		return -errno;
	self->statistics = ioctl(self->processor, KVM_GET_STATS_FD, NULL);
	if (self->statistics >= 0)
		self->exits_at = guest_statistics_find(self->statistics, "exits");
	return 0;
}

/* A guest that does not come back from its trial is interrupted. */
static int bare_guest_try(struct bare_guest *self)
{
	struct itimerval limit = {.it_value.tv_usec = TRIAL_US};
	struct itimerval none = {0};
	struct sigaction action = {.sa_handler = bare_guest_end_trial};
	int error;

	trial_is_over = 0;
	if (sigaction(SIGALRM, &action, NULL) < 0 || setitimer(ITIMER_REAL, &limit, NULL) < 0)
		return -errno;
	error = bare_guest_call(self, TRIAL_CALLS);
	setitimer(ITIMER_REAL, &none, NULL);
	return error;
}

static int bare_guest_watch(struct bare_guest *self)
{
	if (mprotect(self->memory + GUEST_HANDLER, GUEST_PAGE, PROT_NONE) < 0)
		return -errno;
	self->is_monitored = true;
	return bare_guest_try(self);
}

int bare_guest_open(struct bare_guest *self, bool is_monitored)
{
	int error = -ENOTSUP;

	for (int kind = BARE_GUEST_ARCHITECTURAL; error == -ENOTSUP && kind <= BARE_GUEST_FLAT;
	     kind++) {
		error = bare_guest_build(self, (enum bare_guest_kind)kind);
		if (!error)
			error = bare_guest_try(self);
		if (!error && is_monitored)
			error = bare_guest_watch(self);
		if (error)
			bare_guest_close(self);
	}
	if (error == -ENOTSUP)
		mechanism_refused("no-long-mode-guest (KVM runs, its guests make no system calls)");
	return error;
}

#else

#include "mechanism.h"

int bare_guest_open(struct bare_guest *self, bool is_monitored)
{
	(void)self;
	(void)is_monitored;
	mechanism_refused("no-long-mode-guest (the lab's guest is x86-64)");
	return -ENOTSUP;
}

void bare_guest_close(struct bare_guest *self)
{
	(void)self;
}

int bare_guest_call(struct bare_guest *self, uint64_t calls)
{
	(void)self;
	(void)calls;
	return -ENOTSUP;
}

int bare_guest_exits(const struct bare_guest *self, uint64_t *exits)
{
	(void)self;
	*exits = 0;
	return -ENOTSUP;
}

#endif
