/*
 * identity: asks the processor itself whether a hypervisor runs it, and which. Firmware tables,
 * which other detectors read first, name the cloud's product or a container instead.
 */
#include "identity.h"

#include <stdio.h>

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#include <string.h>

/* Intel SDM vol. 2A, CPUID leaf 1: ECX bit 31 is "not used, always 0" on real processors. */
#define HYPERVISOR_BIT (1u << 31)
#define HYPERVISOR_LEAF 0x40000000u

static void identity_print_signature(void)
{
	unsigned int eax, registers[3];
	char signature[sizeof(registers) + 1] = {0};

	__cpuid(HYPERVISOR_LEAF, eax, registers[0], registers[1], registers[2]);
	(void)eax;
	memcpy(signature, registers, sizeof(registers));
	fputs("{\"hypervisor\":true,\"signature\":\"", stdout);
	for (const char *c = signature; *c; c++)
		if (*c >= ' ' && *c <= '~' && *c != '"' && *c != '\\')
			putchar(*c);
		else
			printf("\\u%04x", (unsigned int)(unsigned char)*c);
	fputs("\"}\n", stdout);
}

void identity_print(void)
{
	unsigned int eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		puts("{\"hypervisor\":null,\"signature\":null}");
	else if (!(ecx & HYPERVISOR_BIT))
		puts("{\"hypervisor\":false,\"signature\":null}");
	else
		identity_print_signature();
}
#else
void identity_print(void)
{
	puts("{\"hypervisor\":null,\"signature\":null}");
}
#endif
