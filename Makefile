# Builds the C parts. Needs gcc and make only; `make -s` says nothing unless something is wrong.
CC ?= gcc
CFLAGS ?= -O2 -g
STRICT := -std=c17 -Wall -Wextra -Werror -Wshadow -Wconversion -fvisibility=hidden
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LINK := -pie -Wl,-z,relro,-z,now

NATIVE := packages/recorder/src/native
OUT := packages/recorder/build
MEASURE := packages/native/src
MEASURE_OUT := packages/native/build
MEASURE_OBJECTS := $(patsubst $(MEASURE)/%.c,$(MEASURE_OUT)/%.o,$(wildcard $(MEASURE)/*.c $(MEASURE)/mechanisms/*.c))

# The addon of packages/io, with the lab's files that it stands on.
IO_OUT := $(MEASURE_OUT)/io
IO_LAB := uring
IO_OBJECTS := $(patsubst $(MEASURE)/io/%.c,$(IO_OUT)/%.o,$(wildcard $(MEASURE)/io/*.c)) $(IO_LAB:%=$(IO_OUT)/lab/%.o)
NODE_API := node_modules/node-api-headers/include

LIVE := packages/trial/src/native
LIVE_OUT := packages/trial/build
LIVE_OBJECTS := $(patsubst $(LIVE)/%.c,$(LIVE_OUT)/%.o,$(wildcard $(LIVE)/*.c))

# What both recorders stand on.
SHARED := stream milestone launch identity environment path-search control sequences

PTRACE := $(SHARED) task-files target-table line-table socket-tables socket-name \
	file-system descriptor process-entry tracee accounting crossing trace-attach trace-loop ptrace-output ptrace-recorder
EBPF := $(SHARED) recorder program program-full-events program-fast-events program-full program-fast \
	program-portable-full program-portable syscall-event ring sampler report report-names kernel-features

BINARIES := $(if $(wildcard $(NATIVE)/ptrace-recorder.c),$(OUT)/crossbill-ptrace)
BINARIES += $(if $(wildcard $(NATIVE)/recorder.c),$(OUT)/crossbill-recorder)
BINARIES += $(MEASURE_OUT)/crossbill-measure $(MEASURE_OUT)/crossbill-preload.so
BINARIES += $(MEASURE_OUT)/crossbill-io.node
BINARIES += $(LIVE_OUT)/crossbill-live.so $(LIVE_OUT)/crossbill-timed

.PHONY: all clean
all: $(BINARIES)

$(OUT)/crossbill-ptrace: $(PTRACE:%=$(OUT)/%.o)
	$(CC) $(LINK) -o $@ $^ -pthread

$(OUT)/crossbill-recorder: $(EBPF:%=$(OUT)/%.o)
	$(CC) $(LINK) -o $@ $^

$(OUT)/%.o: $(NATIVE)/%.c | $(OUT)
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) -I$(NATIVE)/include -pthread -MMD -MP -c -o $@ $<

$(MEASURE_OUT)/crossbill-measure: $(MEASURE_OBJECTS)
	$(CC) $(LINK) -o $@ $^ -pthread -ldl -lm

# Loaded into programs whose calls it counts, so position independent and without the rest.
PRELOAD := $(MEASURE)/preload/preload.c $(MEASURE)/user-dispatch.c
$(MEASURE_OUT)/crossbill-preload.so: $(PRELOAD) $(MEASURE)/user-dispatch.h $(MEASURE)/monitor.h | $(MEASURE_OUT)/mechanisms
	$(CC) $(CFLAGS) $(STRICT) -fstack-protector-strong -fPIC -shared -Wl,-z,relro,-z,now -o $@ $(PRELOAD) -ldl

$(MEASURE_OUT)/%.o: $(MEASURE)/%.c | $(MEASURE_OUT)/mechanisms
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) -iquote $(MEASURE) -pthread -MMD -MP -c -o $@ $<

# Node-API symbols are Node's own: found when it is loaded. Stays when a worker that loaded it ends: its
# handler of SIGBUS and its threads' destructors outlive that.
$(MEASURE_OUT)/crossbill-io.node: $(IO_OBJECTS)
	$(CC) -shared -Wl,-z,relro,-z,now,-z,nodelete -o $@ $^ -pthread

IO_COMPILE = $(CC) $(CFLAGS) $(STRICT) -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC -DNAPI_VERSION=9 \
	-iquote $(MEASURE) -isystem $(NODE_API) -pthread -MMD -MP -c -o $@ $<
$(IO_OUT)/lab/%.o: $(MEASURE)/%.c | $(IO_OUT)/lab
	$(IO_COMPILE)

$(IO_OUT)/%.o: $(MEASURE)/io/%.c | $(IO_OUT)/lab
	$(IO_COMPILE)

# The addon with AddressSanitizer and UndefinedBehaviorSanitizer, for tools/sanitize-io.sh.
.PHONY: sanitize
sanitize:
	$(MAKE) -s MEASURE_OUT=$(MEASURE_OUT)/sanitized CFLAGS="-O1 -g -fsanitize=address,undefined -fno-omit-frame-pointer" \
		$(MEASURE_OUT)/sanitized/crossbill-io.node

# Loaded into the programs of live trials. No builtins and no fortified names: it stands before both.
$(LIVE_OUT)/crossbill-live.so: $(LIVE_OBJECTS)
	$(CC) -shared -Wl,-z,relro,-z,now -o $@ $^ -ldl -pthread

$(LIVE_OUT)/crossbill-timed: $(LIVE)/runner/timed-run.c | $(LIVE_OUT)
	$(CC) $(CFLAGS) $(STRICT) $(HARDEN) $(LINK) -o $@ $<

$(LIVE_OUT)/%.o: $(LIVE)/%.c | $(LIVE_OUT)
	$(CC) $(CFLAGS) $(STRICT) -U_FORTIFY_SOURCE -fno-builtin -fstack-protector-strong -fPIC -MMD -MP -c -o $@ $<

$(OUT) $(MEASURE_OUT)/mechanisms $(IO_OUT)/lab $(LIVE_OUT):
	mkdir -p $@

clean:
	rm -rf $(OUT) $(MEASURE_OUT) $(LIVE_OUT)

-include $(wildcard $(OUT)/*.d $(MEASURE_OUT)/*.d $(MEASURE_OUT)/mechanisms/*.d $(IO_OUT)/*.d $(IO_OUT)/lab/*.d $(LIVE_OUT)/*.d)

# The kernel side, compiled and put into headers that are committed: only this needs clang and bpftool.
BPF_SOURCES := $(NATIVE)/record.bpf.c $(wildcard $(NATIVE)/bpf/*.h) $(addprefix $(NATIVE)/,record.h shape.h descriptor-kind.h)
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
