#!/usr/bin/env bash
# test-kernel: does the recorder work on another kernel? Boots it in a virtual machine without KVM, runs the
# recorder over programs whose calls are known, and checks every count against strace's and the kernel's own.
#
# Usage: tools/test-kernel.sh [PACKAGE | VMLINUZ]
#   PACKAGE   a Debian kernel apt can reach, by default the newest linux-image-6.1*-cloud-amd64;
#             from Linux 6.19 on the kernel itself is in linux-binary-...
#   VMLINUZ   a kernel image on this machine
# For other suites than your own, set APT_CONFIG (see apt.conf(5)).
# KEEP=FOLDER keeps what the machine sent; TIMEOUT_S=600 is what it may take.
# Needs: npm run build, and qemu-system-x86, busybox-static, strace, dash, e2fsprogs, gcc, dpkg.
set -euo pipefail
cd "$(dirname "$0")/.."

: "${TIMEOUT_S:=600}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/crossbill/kernels
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  printf 'test-kernel: %s\n' "$*" >&2
  exit 1
}

need() {
  command -v "$1" >/dev/null || fail "$1 is missing: apt-get install $2"
}

newest_package() {
  apt-cache search --names-only '^linux-image-6\.1\..*-cloud-amd64$' | cut -d' ' -f1 | sort -V | tail -n 1
}

# Prints the path of the kernel image of a package, downloaded once.
kernel_of() {
  local package=$1 folder=$cache/$1 image
  if [ ! -d "$folder" ]; then
    mkdir -p "$cache"
    (cd "$work" && apt-get -o APT::Sandbox::User=root -q download "$package" >&2) || fail "apt has no $package"
    mkdir "$work/unpacked"
    # Without the modules: everything needed is built in.
    dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/unpacked" --wildcards '*vmlinuz*' ||
      fail "$package holds no kernel image; try linux-binary-..."
    mv "$work/unpacked" "$folder"
  fi
  image=$(find "$folder" -name 'vmlinuz*' -type f | head -n 1)
  printf '%s\n' "$image"
}

# install_program FILE [NAME]: into the guest's /bin, with the libraries it needs.
install_program() {
  local root=$work/root library
  cp -L "$1" "$root/bin/${2:-$(basename "$1")}"
  # A static program has none, of which ldd makes an error.
  for library in $(ldd "$1" 2>/dev/null | grep -o '/[^ ]*' || true); do
    mkdir -p "$root$(dirname "$library")"
    cp -L "$library" "$root$library"
  done
}

make_guest() {
  local program
  mkdir -p "$work/root/bin"
  install_program "$(type -P busybox)"
  install_program packages/recorder/build/crossbill-recorder
  install_program packages/recorder/build/crossbill-ptrace
  for program in strace dash dd; do install_program "$(type -P "$program")"; done
  install_program "$(type -P true)" true.coreutils
  for program in crossings descriptors faults ring; do
    gcc -std=c17 -O1 -static -pthread -o "$work/root/bin/$program" "tests/kernel/programs/$program.c"
  done
  install -m 755 tools/kernel-guest.sh "$work/root/init"
  (cd "$work/root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip) >"$work/initramfs"
}

make_disk() {
  mkdir "$work/disk"
  head -c 4194304 /dev/urandom >"$work/disk/file"
  PATH=$PATH:/usr/sbin:/sbin mkfs.ext4 -q -d "$work/disk" "$work/disk.img" 32M
}

# One thread for both virtual CPUs: with one each, QEMU's emulation now and then runs an instruction that the
# kernel has just replaced (tracepoints are switched on that way), and the kernel dies of "Oops: int3".
boot() {
  timeout "$TIMEOUT_S" nice qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp 2 -m 1024 -display none -no-reboot -nic none \
    -kernel "$1" -initrd "$work/initramfs" -append "console=ttyS0 quiet panic=-1" \
    -drive "if=none,id=disk,format=raw,file=$work/disk.img" -device nvme,serial=disk,drive=disk \
    -serial stdio -serial "file:$work/results.tar.gz" </dev/null | tee "$work/console" | grep --line-buffered '^crossbill: ' ||
    true
}

need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need strace strace
need dash dash
[ -x packages/recorder/build/crossbill-recorder ] || fail "no recorder: npm run build"
chosen=${1:-$(newest_package)}
[ -n "$chosen" ] || fail "apt knows no kernel: say which package"
if [ -f "$chosen" ]; then kernel=$chosen; else kernel=$(kernel_of "$chosen"); fi
make_guest
make_disk
boot "$kernel"
mkdir "$work/results"
if ! tar -xzf "$work/results.tar.gz" -C "$work/results" 2>/dev/null; then
  tail -n 40 "$work/console" >&2
  if [ -n "${KEEP:-}" ]; then cp "$work/console" "$KEEP"; fi
  fail "the kernel sent no results"
fi
if [ -n "${KEEP:-}" ]; then cp -r "$work/results" "$KEEP"; fi
node tools/check-kernel-run.js "$work/results"
