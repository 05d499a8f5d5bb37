/** What /proc, /sys and /dev say about the machine, feature by feature. */
import { closeSync, openSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Feature {
  readonly name: string;
  readonly state: "works" | "does not" | "unknown";
  readonly why: string;
  /** The one line that mends it; null when nothing needs mending or nothing can. */
  readonly remedy: string | null;
}

/** All of them. `root` is "/", or a tree of such files. */
export function systemFeatures(root: string): Feature[] {
  const read = (path: string) => readText(join(root, path));
  return [
    lockdown(read),
    pidNamespace(root),
    perfEventParanoid(read),
    unprivilegedBpf(read),
    ptraceScope(read),
    ioUring(read),
    kvm(root),
    cgroupThrottling(root, read),
    seccomp(read),
  ];
}

type Read = (path: string) => string | null;

/** Contents without the end of line; null when there is no such file or it cannot be read. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

function works(name: string, why: string): Feature {
  return { name, state: "works", why, remedy: null };
}

function fails(name: string, why: string, remedy: string | null): Feature {
  return { name, state: "does not", why, remedy };
}

function unknown(name: string, why: string, remedy: string | null = null): Feature {
  return { name, state: "unknown", why, remedy };
}

function lockdown(read: Read): Feature {
  const name = "kernel lockdown";
  const text = read("sys/kernel/security/lockdown");
  if (text === null && read("sys/kernel/security/lsm") !== null) {
    return works(name, "not in this kernel: recording is allowed");
  }
  if (text === null) {
    const mount = "sudo mount -t securityfs securityfs /sys/kernel/security";
    return unknown(name, "/sys/kernel/security/lockdown cannot be read", mount);
  }
  const mode = /\[(\w+)\]/.exec(text)?.[1] ?? text;
  if (mode !== "confidentiality") return works(name, `mode ${mode}: recording is allowed`);
  return fails(
    name,
    "mode confidentiality: BPF may not read kernel memory",
    "boot with lockdown=integrity",
  );
}

/** include/linux/proc_ns.h: the inode of the first PID namespace is fixed. */
const INITIAL_PID_NAMESPACE = "pid:[4026531836]";

function pidNamespace(root: string): Feature {
  const name = "PID namespace";
  let link: string;
  try {
    link = readlinkSync(join(root, "proc/self/ns/pid"));
  } catch {
    return unknown(name, "/proc/self/ns/pid cannot be read");
  }
  if (link === INITIAL_PID_NAMESPACE) return works(name, "the machine's own");
  return works(name, `a nested one (${link}): process ids are those seen in here`);
}

function perfEventParanoid(read: Read): Feature {
  const name = "perf_event_paranoid";
  const text = read("proc/sys/kernel/perf_event_paranoid");
  if (text === null) {
    return fails(name, "the kernel has no perf events", "boot a kernel with CONFIG_PERF_EVENTS");
  }
  const level = Number(text);
  const capable = hasCapability(read, CAP_PERFMON) || hasCapability(read, CAP_SYS_ADMIN);
  if (capable) return works(name, `${text}, overruled by the rights of this user`);
  if (level <= 2) return works(name, `${text}: a user may sample processes of their own`);
  return fails(name, `${text}: users may not sample`, "sudo sysctl kernel.perf_event_paranoid=2");
}

function unprivilegedBpf(read: Read): Feature {
  const name = "unprivileged_bpf_disabled";
  const text = read("proc/sys/kernel/unprivileged_bpf_disabled");
  if (text === null) {
    return fails(name, "the kernel has no bpf(2)", "boot a kernel built with CONFIG_BPF_SYSCALL");
  }
  // Whatever the value, tracing needs CAP_BPF; so it forbids nothing that crossbill does.
  return works(name, `${text}: no matter, tracing needs CAP_BPF anyway`);
}

function ptraceScope(read: Read): Feature {
  const name = "ptrace scope";
  const text = read("proc/sys/kernel/yama/ptrace_scope");
  if (text === null) return works(name, "no Yama: own processes may be traced");
  if (text === "0") return works(name, "0: own processes may be traced");
  if (text === "1") return works(name, "1: `run` works; `attach` by ptrace needs root");
  const capable = hasCapability(read, CAP_SYS_PTRACE);
  if (text === "2" && capable) return works(name, "2, and this user has CAP_SYS_PTRACE");
  if (text === "2") return fails(name, "2: only with CAP_SYS_PTRACE", "run with sudo");
  return fails(name, `${text}: nobody may trace`, "boot with kernel.yama.ptrace_scope at most 2");
}

function ioUring(read: Read): Feature {
  const name = "io_uring";
  const text = read("proc/sys/kernel/io_uring_disabled");
  if (text === "0") return works(name, "io_uring_disabled is 0");
  if (text === null) return unknown(name, "no sysctl io_uring_disabled (it is there since 6.6)");
  const why =
    text === "1" ? "io_uring_disabled is 1: only for its group" : `io_uring_disabled is ${text}`;
  return fails(name, why, "sudo sysctl kernel.io_uring_disabled=0");
}

const kvmRemedies: ReadonlyMap<string, string> = new Map([
  ["EACCES", "sudo usermod -aG kvm $USER, then log in again"],
  ["EPERM", "start the container with --device /dev/kvm"],
  ["ENODEV", "sudo modprobe kvm_intel, or kvm_amd"],
  ["ENXIO", "sudo modprobe kvm_intel, or kvm_amd"],
]);

function kvm(root: string): Feature {
  const name = "/dev/kvm";
  try {
    closeSync(openSync(join(root, "dev/kvm"), "r+"));
    return works(name, "can be opened");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    if (code === "ENOENT") {
      return fails(name, "not there", "turn on virtualisation in the firmware or the hypervisor");
    }
    return fails(name, `cannot be opened (${code})`, kvmRemedies.get(code) ?? null);
  }
}

function cgroupThrottling(root: string, read: Read): Feature {
  const name = "cgroup throttling";
  const mounts = (read("proc/self/mountinfo") ?? "").split("\n").map(parseMount);
  const blkio = mounts.find((mount) => mount.type === "cgroup" && /\bblkio\b/.test(mount.options));
  if (blkio !== undefined) {
    const file = join(blkio.path, "blkio.throttle.read_bps_device");
    if (statSync(join(root, file), { throwIfNoEntry: false }) !== undefined) {
      return works(name, `cgroup v1 blkio at ${blkio.path}`);
    }
  }
  const unified = mounts.find((mount) => mount.type === "cgroup2");
  if (unified === undefined) return fails(name, "no cgroup file system is mounted", null);
  const controllers = read(join(unified.path, "cgroup.controllers")) ?? "";
  if (/\bio\b/.test(controllers)) return works(name, `cgroup v2 io at ${unified.path}`);
  return fails(name, `cgroup v2 at ${unified.path} has no io controller`, null);
}

/** proc(5), mountinfo: mount point is field 5; type and super options follow the lone dash. */
function parseMount(line: string): { path: string; type: string; options: string } {
  const [before = "", after = ""] = line.split(" - ");
  const [type = "", , options = ""] = after.split(" ");
  return { path: before.split(" ")[4] ?? "", type, options };
}

function seccomp(read: Read): Feature {
  const name = "seccomp";
  const status = read("proc/self/status");
  const mode = /^Seccomp:\s*(\d)/m.exec(status ?? "")?.[1];
  if (mode === undefined) return unknown(name, "/proc/self/status does not say");
  const filters = /^Seccomp_filters:\s*(\d+)/m.exec(status ?? "")?.[1] ?? "some";
  if (mode === "0") return works(name, "no filter on this process");
  return works(
    name,
    `${filters} filters: each call pays for them, and bpf or ptrace may be refused`,
  );
}

// include/uapi/linux/capability.h
const CAP_SYS_PTRACE = 19n;
const CAP_SYS_ADMIN = 21n;
const CAP_PERFMON = 38n;

function hasCapability(read: Read, capability: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]{1,16})/m.exec(read("proc/self/status") ?? "")?.[1];
  return effective !== undefined && ((BigInt(`0x${effective}`) >> capability) & 1n) === 1n;
}
