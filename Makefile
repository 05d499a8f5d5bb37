# Builds the C parts. Needs gcc and make only; `make -s` says nothing unless something is wrong.
CC ?= gcc
CFLAGS ?= -O2 -g
STRICT := -std=c17 -Wall -Wextra -Werror -Wshadow -Wconversion -fvisibility=hidden
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LINK := -pie -Wl,-z,relro,-z,now

NATIVE := packages/recorder/src/native
OUT := packages/recorder/build
LAB_NATIVE := packages/lab/src/native
LAB_OUT := packages/lab/build

# What both recorders stand on.
SHARED := stream launch identity environment path-search control

PTRACE := $(SHARED) task-files target-table line-table socket-tables socket-name \
	file-system descriptor process-entry tracee accounting crossing trace-attach trace-loop ptrace-output ptrace-recorder
EBPF := $(SHARED) recorder program program-full-events program-fast-events program-full program-fast \
	program-portable-full program-portable syscall-event ring sampler report kernel-features

BINARIES := $(if $(wildcard $(NATIVE)/ptrace-recorder.c),$(OUT)/crossbill-ptrace)
BINARIES += $(if $(wildcard $(NATIVE)/recorder.c),$(OUT)/crossbill-recorder)
BINARIES += $(if $(wildcard $(LAB_NATIVE)/calibrate.c),$(LAB_OUT)/crossbill-calibrate)

.PHONY: all clean
all: $(BINARIES)

$(OUT)/crossbill-ptrace: $(PTRACE:%=$(OUT)/%.o)
	$(CC) $(LINK) -o $@ $^ -pthread

$(OUT)/crossbill-recorder: $(EBPF:%=$(OUT)/%.o)
	$(CC) $(LINK) -o $@ $^

$(OUT)/%.o: $(NATIVE)/%.c | $(OUT)
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) -I$(NATIVE)/include -pthread -MMD -MP -c -o $@ $<

$(LAB_OUT)/crossbill-calibrate: $(wildcard $(LAB_NATIVE)/*.c) $(wildcard $(LAB_NATIVE)/*.h) | $(LAB_OUT)
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) $(LINK) -pthread -o $@ $(filter %.c,$^) -lm

$(OUT) $(LAB_OUT):
	mkdir -p $@

clean:
	rm -rf $(OUT) $(LAB_OUT)

-include $(wildcard $(OUT)/*.d)

# The kernel side, compiled and put into headers that are committed: only this needs clang and bpftool.
BPF_SOURCES := $(NATIVE)/record.bpf.c $(wildcard $(NATIVE)/bpf/*.h) $(NATIVE)/record.h $(NATIVE)/shape.h
# Without the folder's name, so that the result is the same wherever it is built.
BPF_FLAGS := -O2 -g -fdebug-compilation-dir=. -ffile-prefix-map=$(CURDIR)/= -target bpf -mcpu=v3 \
	-D__TARGET_ARCH_x86 -I/usr/include/x86_64-linux-gnu -Wall -Wextra -Werror
GENERATED := $(NATIVE)/generated

.PHONY: bpf
bpf: $(GENERATED)/record-full-events.x86_64.lskel.h $(GENERATED)/record-events.x86_64.lskel.h \
	$(GENERATED)/record-full.x86_64.lskel.h $(GENERATED)/record.x86_64.lskel.h \
	$(GENERATED)/record-portable-full.x86_64.lskel.h $(GENERATED)/record-portable.x86_64.lskel.h

$(GENERATED)/record-full-events.%.lskel.h: BPF_VARIANT := -DFAULT_TIME -DEVENTS
$(GENERATED)/record-events.%.lskel.h: BPF_VARIANT := -DEVENTS
$(GENERATED)/record-full.%.lskel.h: BPF_VARIANT := -DFAULT_TIME
$(GENERATED)/record-portable-full.%.lskel.h: BPF_VARIANT := -DPORTABLE -DFAULT_TIME
$(GENERATED)/record-portable.%.lskel.h: BPF_VARIANT := -DPORTABLE
$(GENERATED)/%.x86_64.lskel.h: $(BPF_SOURCES) | $(OUT)
	clang $(BPF_FLAGS) $(BPF_VARIANT) -c -o $(OUT)/$*.bpf.o $<
	llvm-strip -g $(OUT)/$*.bpf.o
	bpftool gen skeleton -L $(OUT)/$*.bpf.o name record_bpf > $@
