/** machine: whether prices were measured on a machine like this one, by what they depend on. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { arch, release } from "node:os";
import { join } from "node:path";

const MITIGATIONS = "/sys/devices/system/cpu/vulnerabilities";
/** The first processor's entry is within; asking for all of a large machine takes milliseconds. */
const CPUINFO_BYTES = 4096;

/** What crossbill notes of a machine in a file of prices, as far as it is compared here. */
interface MachineFacts {
  readonly architecture: string;
  readonly cpu: string | null;
  readonly kernel: string;
  readonly mitigations: Readonly<Record<string, string>>;
}

function startOf(path: string, bytes: number): string {
  const fd = openSync(path, "r");
  try {
    const text = Buffer.alloc(bytes);
    return text.toString("latin1", 0, readSync(fd, text, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}

/** As crossbill names it: by its model, or, on arm64, by the numbers of who made it. */
function cpuName(): string | null {
  const cpuinfo = startOf("/proc/cpuinfo", CPUINFO_BYTES);
  const field = (name: string) => new RegExp(`^${name}\\s*: *(.*\\S)`, "m").exec(cpuinfo)?.[1];
  const [maker, part] = [field("CPU implementer"), field("CPU part")];
  const numbers = maker && part ? `implementer ${maker} part ${part}` : null;
  return field("model name") ?? numbers;
}

function mitigations(): Record<string, string> {
  const names = readdirSync(MITIGATIONS);
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(MITIGATIONS, name), "utf8").trim()]),
  );
}

const architectures: Readonly<Record<string, string>> = { x64: "x86_64", arm64: "aarch64" };

/** This machine's facts. Fails where /proc or /sys are not as Linux has them. */
export function machineFacts(): MachineFacts {
  return {
    architecture: architectures[arch()] ?? arch(),
    cpu: cpuName(),
    kernel: release(),
    mitigations: mitigations(),
  };
}

/**
 * Whether the `machine` of a file of prices is like the one with these facts. The microcode and the
 * hypervisor are not compared: to ask for them takes crossbill itself.
 */
export function isLike(recorded: unknown, facts: MachineFacts): boolean {
  if (typeof recorded !== "object" || recorded === null) return false;
  const { architecture, cpu, kernel, mitigations: held } = recorded as Partial<MachineFacts>;
  if (typeof held !== "object" || held === null) return false;
  const names = Object.keys(held);
  return (
    architecture === facts.architecture &&
    cpu === facts.cpu &&
    kernel === facts.kernel &&
    names.length === Object.keys(facts.mitigations).length &&
    names.every((name) => held[name] === facts.mitigations[name])
  );
}
