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
SHARED := stream launch identity path-search control

PTRACE := $(SHARED) task-files target-table line-table socket-name descriptor process-entry tracee \
	accounting crossing trace-attach trace-loop ptrace-output ptrace-recorder
EBPF := $(SHARED) recorder

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
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) -pthread -MMD -MP -c -o $@ $<

$(LAB_OUT)/crossbill-calibrate: $(wildcard $(LAB_NATIVE)/*.c) $(wildcard $(LAB_NATIVE)/*.h) | $(LAB_OUT)
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) $(LINK) -pthread -o $@ $(filter %.c,$^) -lm

$(OUT) $(LAB_OUT):
	mkdir -p $@

clean:
	rm -rf $(OUT) $(LAB_OUT)

-include $(wildcard $(OUT)/*.d)
