/** machine: the identity of this machine, as far as prices depend on it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, release, totalmem } from "node:os";
import type { Machine } from "@crossbill/core";
import { detectHypervisor } from "./hypervisor.ts";

const CPU_FOLDER = "/sys/devices/system/cpu";
/** Files of /proc and /sys read here are short; a longer one is not what it seems. */
const MOST_CHARACTERS = 65_536;

/** The file's text without white space around it, or null when it cannot be read. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8").slice(0, MOST_CHARACTERS).trim();
  } catch {
    return null;
  }
}

/** First value of `field : value` in /proc/cpuinfo. */
export function cpuinfoField(cpuinfo: string, field: string): string | null {
  for (const line of cpuinfo.split("\n")) {
    const colon = line.indexOf(":");
    if (colon >= 0 && line.slice(0, colon).trim() === field) return line.slice(colon + 1).trim();
  }
  return null;
}

/** The chosen word of a kernel setting such as "always [madvise] never". */
export function chosenWord(setting: string | null): string | null {
  return setting === null ? null : (/\[([^\]]+)\]/.exec(setting)?.[1] ?? setting);
}

/** PRETTY_NAME of os-release(5), unquoted. */
export function distributionName(osRelease: string | null): string {
  const value = /^PRETTY_NAME=(.*)$/m.exec(osRelease ?? "")?.[1]?.trim() ?? "";
  return value.replace(/^(["'])(.*)\1$/, "$2").replace(/\\(["$`\\])/g, "$1") || "unknown";
}

function mitigations(): Record<string, string> {
  const folder = `${CPU_FOLDER}/vulnerabilities`;
  let names: string[];
  try {
    names = readdirSync(folder).toSorted();
  } catch {
    return {};
  }
  return Object.fromEntries(names.map((name) => [name, textOf(`${folder}/${name}`) ?? "unknown"]));
}

/** What the key is made of; two machines that agree in all of it share their prices. */
export interface KeyParts {
  readonly cpu: string;
  readonly microcode: string | null;
  readonly kernel: string;
  readonly hypervisor: string | null;
  readonly mitigations: Readonly<Record<string, string>>;
}

/** SHA-256 of the parts, in hexadecimal; the order of the mitigations does not matter. */
export function machineKey(parts: KeyParts): string {
  const sorted = Object.entries(parts.mitigations).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const canonical = [parts.cpu, parts.microcode, parts.kernel, parts.hypervisor, sorted];
  return createHash("sha256").update(JSON.stringify(canonical)).digest("hex");
}

/**
 * Identifies the machine; takes a few milliseconds. `cpus` is what this process may run on, which
 * an affinity mask or a cpuset makes fewer than are online.
 * @throws UnsupportedError when crossbill-measure has not been built.
 */
export function identifyMachine(): Machine {
  const cpuinfo = textOf("/proc/cpuinfo") ?? "";
  const parts: KeyParts = {
    // arm64 has no "model name": os.cpus() knows some, the implementer and part numbers the rest.
    cpu: cpuinfoField(cpuinfo, "model name") ?? armName(cpuinfo) ?? cpus()[0]?.model ?? "unknown",
    microcode: cpuinfoField(cpuinfo, "microcode"),
    kernel: release(),
    hypervisor: detectHypervisor(),
    mitigations: mitigations(),
  };
  return {
    architecture: arch() === "x64" ? "x86_64" : arch() === "arm64" ? "aarch64" : arch(),
    cpu: parts.cpu,
    cpus: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: parts.kernel,
    distribution: distributionName(textOf("/etc/os-release") ?? textOf("/usr/lib/os-release")),
    hypervisor: parts.hypervisor,
    clockSource: textOf("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
    governor: textOf(`${CPU_FOLDER}/cpu0/cpufreq/scaling_governor`),
    mitigations: { ...parts.mitigations },
    transparentHugePages: chosenWord(textOf("/sys/kernel/mm/transparent_hugepage/enabled")),
    key: machineKey(parts),
  };
}

function armName(cpuinfo: string): string | null {
  const implementer = cpuinfoField(cpuinfo, "CPU implementer");
  const part = cpuinfoField(cpuinfo, "CPU part");
  return implementer === null || part === null ? null : `implementer ${implementer} part ${part}`;
}
