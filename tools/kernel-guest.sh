#!/bin/busybox sh
# shellcheck shell=dash
# kernel-guest: process 1 of the virtual machine of tools/test-kernel.sh. Runs the recorder and strace
# over programs whose calls are known and sends what they wrote to the host over the second serial line.
# It judges nothing: tools/check-kernel-run.js does.
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /tmp /disk /results
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /sys/kernel/tracing
mount -t devpts pts /dev/pts
mount -t tracefs trace /sys/kernel/tracing
mount -t tmpfs tmp /tmp
mount -t tmpfs results /results
ip link set lo up
cd /tmp || exit 1

say() {
  echo "crossbill: $*"
}

# record NAME RECORDER-OPTIONS... -- COMMAND...: a run and its stream. Like strace's run it
# writes to nowhere: some programs ask what their output is.
record() {
  name=$1
  shift
  say "$name"
  crossbill-recorder run --stream 3 "$@" 3>"/results/$name.stream" >/dev/null 2>"/results/$name.errors"
}

# count NAME COMMAND...: the same under strace.
count() {
  name=$1
  shift
  strace -f -c -o "/results/$name.strace" "$@" >/dev/null 2>"/results/$name.errors"
}

# both NAME COMMAND...: counted by strace, recorded with either timing.
both() {
  name=$1
  shift
  count "$name" "$@"
  record "$name" -- "$@"
  record "$name-exact" --timing exact -- "$@"
}

dd_by_one() {
  echo dd if=/dev/zero of=/tmp/out bs=1 count=1009
}

# Every variant this kernel takes, not only the one it would choose.
try_variants() {
  for variant in full-events fast-events full fast portable-full portable; do
    # shellcheck disable=SC2046 # a command of several words
    record "variant-$variant" --variant "$variant" -- $(dd_by_one)
    # shellcheck disable=SC2046
    record "variant-$variant-exact" --variant "$variant" --timing exact -- $(dd_by_one)
    record "variant-$variant-memory" --variant "$variant" -- faults memory 10007
  done
}

try_kinds() {
  block=
  [ -b /dev/nvme0n1 ] && block=/dev/nvme0n1
  mkdir /tmp/kinds
  record kinds -- descriptors kinds /tmp/kinds "$block"
}

# Major faults need a file on a disk.
try_disk() {
  mount -t ext4 -o ro /dev/nvme0n1 /disk 2>/dev/null || return
  echo 3 >/proc/sys/vm/drop_caches
  record major -- faults file /disk/file 101
}

# A program that runs already, and runs on.
try_attach() {
  crossings hammer &
  hammer=$!
  sleep 1
  say attach
  {
    sleep 1
    printf q
    sleep 3
  } | crossbill-recorder attach --stream 3 --control 0 --pid "$hammer" 3>/results/attach.stream >/dev/null 2>&1
  kill "$hammer" && echo running >/results/attach.out
}

try_ptrace() {
  say ptrace
  # shellcheck disable=SC2046
  crossbill-ptrace run --stream 3 -- $(dd_by_one) 3>/results/ptrace.stream >/dev/null 2>&1
}

uname -r >/results/release
say "Linux $(uname -r)"
crossbill-recorder probe >/results/probe.json
# shellcheck disable=SC2046
both dd $(dd_by_one)
both find find /bin /lib /lib64
# shellcheck disable=SC2016 # for dash to expand
both loop dash -c 'i=0; while [ $i -lt 53 ]; do /bin/true.coreutils; i=$((i + 1)); done'
record threads -- crossings threads 1009 7
record processes -- crossings processes 10007 4
both ring ring 101 53
record ring-polled -- ring 101 53 polled
both memory faults memory 10007
try_kinds
try_disk
try_attach
try_variants
try_ptrace
dmesg | grep -E 'WARNING|BUG|Oops|Call Trace' >/results/dmesg
say finished
stty raw -F /dev/ttyS1
tar -C /results -czf - . >/dev/ttyS1
sync
poweroff -f
