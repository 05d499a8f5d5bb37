/* guest-layout: what is where in the bare guest's memory, and the state its processor begins in. */
#ifndef CROSSBILL_GUEST_LAYOUT_H
#define CROSSBILL_GUEST_LAYOUT_H

#include <linux/kvm.h>
#include <stdbool.h>
#include <stdint.h>

#define GUEST_PAGE 4096u
/* Four pages of page tables, then one page for each; guest addresses are physical ones. */
#define GUEST_TABLES 0x0000u
#define GUEST_CODE 0x10000u
#define GUEST_HANDLER 0x11000u
/* The same code again, where it may be fetched while the handler may not. */
#define GUEST_TWIN 0x12000u
/* Touching it is how the guest says that it is done. */
#define GUEST_END 0x13000u
#define GUEST_BYTES 0x20000u
#define GUEST_MSRS 3

/* Writes page tables and code. `is_flat`: as enum bare_guest_kind says. */
void guest_layout_fill(unsigned char *memory, bool is_flat);
void guest_layout_mode(struct kvm_sregs *registers);
void guest_layout_msrs(struct kvm_msr_entry *entries);

#endif
