/* guest-layout: what is where in the bare guest's memory, and the state its processor begins in. */
#define _GNU_SOURCE 1
#include "guest-layout.h"

#ifdef __x86_64__

#include <string.h>

/* Page table bits; Intel SDM vol. 3, 4.5. */
#define PRESENT 1u
#define WRITABLE 2u
#define FOR_USER 4u
#define ENTRIES 512u

/* Control bits; Intel SDM vol. 3, 2.5 and 2.2.1. */
#define CR0_PROTECTION 0x1u
#define CR0_NUMERIC_ERROR 0x20u
#define CR0_WRITE_PROTECT 0x10000u
#define CR0_PAGING 0x80000000u
#define CR4_PAE 0x20u
#define EFER_SYSCALL 0x1u
#define EFER_LONG 0x100u
#define EFER_LONG_ACTIVE 0x400u

#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SYSCALL_MASK 0xc0000084u
/* SYSCALL loads 0x08 and 0x10, SYSRET 0x1b + 16 and 0x1b + 8. */
#define STAR_VALUE ((0x1bull << 48) | (0x08ull << 32))
#define USER_CODE 0x2b
#define USER_STACK 0x23

/*
 * rdi calls with the numbers rdi to 1, then the end page:
 *   1: mov %rdi, %rax; syscall; dec %rdi; jnz 1b; mov %al, (%rbx)
 */
static const unsigned char code[] = {0x48, 0x89, 0xf8, 0x0f, 0x05, 0x48,
				     0xff, 0xcf, 0x75, 0xf6, 0x88, 0x03};
/* add %rax, %r14; inc %r15; sysretq */
static const unsigned char handler[] = {0x49, 0x01, 0xc6, 0x49, 0xff, 0xc7, 0x48, 0x0f, 0x07};
/* add %rax, %r14; inc %r15; jmp *%rcx */
static const unsigned char flat_handler[] = {0x49, 0x01, 0xc6, 0x49, 0xff, 0xc7, 0xff, 0xe1};

void guest_layout_fill(unsigned char *memory, bool is_flat)
{
	uint64_t table[ENTRIES];

	/* One entry of each of the upper three levels leads to the last, which maps all pages. */
	for (unsigned int level = 0; level < 3; level++) {
		memset(table, 0, sizeof(table));
		table[0] =
			(GUEST_TABLES + (level + 1) * GUEST_PAGE) | PRESENT | WRITABLE | FOR_USER;
		memcpy(memory + GUEST_TABLES + level * GUEST_PAGE, table, sizeof(table));
	}
	memset(table, 0, sizeof(table));
	for (unsigned int page = GUEST_CODE / GUEST_PAGE; page <= GUEST_END / GUEST_PAGE; page++)
		table[page] = (page * GUEST_PAGE) | PRESENT | WRITABLE | FOR_USER;
	if (!is_flat) {
		table[GUEST_HANDLER / GUEST_PAGE] &= ~(uint64_t)FOR_USER;
		table[GUEST_TWIN / GUEST_PAGE] &= ~(uint64_t)FOR_USER;
	}
	memcpy(memory + GUEST_TABLES + 3 * GUEST_PAGE, table, sizeof(table));
	memcpy(memory + GUEST_CODE, code, sizeof(code));
	for (unsigned int at = GUEST_HANDLER; at <= GUEST_TWIN; at += GUEST_PAGE)
		memcpy(memory + at, is_flat ? flat_handler : handler,
		       is_flat ? sizeof(flat_handler) : sizeof(handler));
}

static struct kvm_segment guest_layout_segment(uint16_t selector, bool is_code)
{
	return (struct kvm_segment){
		.limit = 0xffffffff,
		.selector = selector,
		.type = is_code ? 11 : 3, /* Accessed; readable or writable. */
		.present = 1,
		.dpl = 3,
		.db = !is_code,
		.s = 1,
		.l = is_code,
		.g = 1,
	};
}

void guest_layout_mode(struct kvm_sregs *registers)
{
	registers->cs = guest_layout_segment(USER_CODE, true);
	registers->ss = guest_layout_segment(USER_STACK, false);
	registers->ds = registers->es = registers->fs = registers->gs = registers->ss;
	registers->cr0 = CR0_PROTECTION | CR0_NUMERIC_ERROR | CR0_WRITE_PROTECT | CR0_PAGING;
	registers->cr3 = GUEST_TABLES;
	registers->cr4 = CR4_PAE;
	registers->efer = EFER_SYSCALL | EFER_LONG | EFER_LONG_ACTIVE;
}

void guest_layout_msrs(struct kvm_msr_entry *entries)
{
	entries[0] = (struct kvm_msr_entry){.index = MSR_STAR, .data = STAR_VALUE};
	entries[1] = (struct kvm_msr_entry){.index = MSR_LSTAR, .data = GUEST_HANDLER};
	entries[2] = (struct kvm_msr_entry){.index = MSR_SYSCALL_MASK, .data = 0};
}

#endif
