/** System calls: their names by number on each architecture, and strace's classes of them. */
import { readNumberedNames } from "./numbered-names.ts";
import { syscallClasses } from "./tables/syscall-classes.ts";
import { arm64Syscalls, x86Syscalls } from "./tables/syscall-names.ts";

export const architectures = ["x86_64", "aarch64"] as const;
export type Architecture = (typeof architectures)[number];

/** strace's classes without their first "%"; "%stat" is `%%stat`. */
export type SyscallClass = keyof typeof syscallClasses;

const namesByNumber: Record<Architecture, ReadonlyMap<number, string>> = {
  x86_64: readNumberedNames(x86Syscalls),
  aarch64: readNumberedNames(arm64Syscalls),
};

const numbersByName: Record<Architecture, ReadonlyMap<string, number>> = {
  x86_64: invert(namesByNumber.x86_64),
  aarch64: invert(namesByNumber.aarch64),
};

const everyName: ReadonlySet<string> = new Set([
  ...numbersByName.x86_64.keys(),
  ...numbersByName.aarch64.keys(),
]);

const membersByClass: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(syscallClasses).map(([name, members]) => [
    name,
    new Set(members.split(/\s+/).filter((member) => member !== "")),
  ]),
);

/** "read" for 0 on x86_64; `syscall_0x1f4` for a number without a name, as strace writes it. */
export function syscallName(architecture: Architecture, number: number): string {
  return namesByNumber[architecture].get(number) ?? `syscall_0x${number.toString(16)}`;
}

/** The number of a name `syscallName` gives; null when the architecture has no such call. */
export function syscallNumber(architecture: Architecture, name: string): number | null {
  const unnamed = /^syscall_0x([0-9a-f]{1,8})$/.exec(name);
  if (unnamed !== null) return Number.parseInt(unnamed[1] ?? "", 16);
  return numbersByName[architecture].get(name) ?? null;
}

/** All names of one architecture, or of all of them. */
export function syscallNames(architecture?: Architecture): ReadonlySet<string> {
  return architecture === undefined ? everyName : new Set(numbersByName[architecture].keys());
}

/** Members of a class; calls the architecture lacks are among them and match nothing there. */
export function syscallsOfClass(name: SyscallClass): ReadonlySet<string> {
  return membersByClass.get(name) ?? new Set();
}

/** Whether a name is one of strace's classes, without the first "%". */
export function isSyscallClass(name: string): name is SyscallClass {
  return membersByClass.has(name);
}

/** The names of all classes, as written after the first "%". */
export function syscallClassNames(): readonly string[] {
  return [...membersByClass.keys()];
}

function invert(names: ReadonlyMap<number, string>): Map<string, number> {
  return new Map([...names].map(([number, name]) => [name, number]));
}
