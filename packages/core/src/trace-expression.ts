/** Trace expressions: strace's `-e trace=` language, read into a selection of system calls. */
import { UsageError } from "./errors.ts";
import { nearestName } from "./nearest-name.ts";
import { printable } from "./printable.ts";
import {
  type Architecture,
  isSyscallClass,
  syscallClassNames,
  syscallName,
  syscallNames,
  syscallsOfClass,
} from "./syscalls.ts";

/** Which system calls somebody asked for. A set of names is one. */
export interface SyscallSelection {
  has(name: string): boolean;
}

/** Classes that may be written without "%", as older straces had them. */
const bareClasses: ReadonlySet<string> = new Set([
  "file",
  "process",
  "network",
  "desc",
  "memory",
  "signal",
  "ipc",
]);

// POSIX character classes of regex(7) that JavaScript writes otherwise.
const posixClasses: Readonly<Record<string, string>> = {
  "[:alpha:]": "A-Za-z",
  "[:digit:]": "0-9",
  "[:alnum:]": "A-Za-z0-9",
  "[:lower:]": "a-z",
  "[:upper:]": "A-Z",
  "[:xdigit:]": "0-9A-Fa-f",
};

/**
 * Reads what follows `-e`: `trace=SET`, `t=SET` or just SET. SET is a list of names, numbers,
 * `%class`, `/regex`, `all`; or `none` alone; `!` before the list negates it, `?` before an item
 * forgives one that matches nothing.
 * @throws UsageError for an unknown name (naming the nearest), a bad expression or an empty one.
 */
export function parseTraceExpression(
  expression: string,
  architecture?: Architecture,
): SyscallSelection {
  const set = withoutQualifier(expression);
  const body = set.replace(/^!*/, "");
  const negated = (set.length - body.length) % 2 === 1;
  if (body === "none") return { has: () => negated };
  const chosen = new Set<string>();
  let everything = false;
  for (const item of body.split(",")) {
    if (item === "all") everything = true;
    else for (const name of namesOfItem(item, architecture)) chosen.add(name);
  }
  return { has: (name) => (everything || chosen.has(name)) !== negated };
}

function withoutQualifier(expression: string): string {
  const match = /^([a-z]+)=(.*)$/s.exec(expression);
  if (match === null) return expression;
  if (match[1] === "trace" || match[1] === "t") return match[2] ?? "";
  throw new UsageError(`-e ${match[1]}=...: only system calls can be selected`, {
    remedy: "write -e trace=SET",
  });
}

function namesOfItem(written: string, architecture: Architecture | undefined): Iterable<string> {
  const forgiving = written.startsWith("?");
  const item = withoutPersonality(forgiving ? written.slice(1) : written);
  if (item === "") throw new UsageError("a trace expression must not hold an empty name");
  const names = matches(item, architecture);
  if (names.size === 0 && !forgiving) throw unknownName(item, architecture);
  return names;
}

function matches(item: string, architecture: Architecture | undefined): ReadonlySet<string> {
  if (item.startsWith("/")) return matchesOfPattern(item.slice(1), architecture);
  if (item.startsWith("%") || bareClasses.has(item)) {
    const name = item.replace(/^%/, "");
    const className = name === "net" ? "network" : name;
    return isSyscallClass(className) ? syscallsOfClass(className) : new Set();
  }
  if (/^\d{1,9}$/.test(item)) return new Set([syscallName(architecture ?? "x86_64", Number(item))]);
  const known = syscallNames(architecture).has(item) || /^syscall_0x[0-9a-f]{1,8}$/.test(item);
  return known ? new Set([item]) : new Set();
}

function matchesOfPattern(pattern: string, architecture?: Architecture): ReadonlySet<string> {
  const source = pattern.replace(/\[:[a-z]+:\]/g, (name) => posixClasses[name] ?? name);
  let regex: RegExp;
  try {
    regex = new RegExp(source);
  } catch (cause) {
    throw new UsageError(`/${shown(pattern)} is not a regular expression`, { cause });
  }
  return new Set([...syscallNames(architecture)].filter((name) => regex.test(name)));
}

/** Recordings hold 64-bit calls; strace's other personalities have none to select. */
function withoutPersonality(item: string): string {
  const match = /^(.*)@(64|32|x32)$/s.exec(item);
  if (match === null || item.startsWith("/")) return item;
  if (match[2] === "64") return match[1] ?? "";
  throw new UsageError(`${shown(item)}: only 64-bit system calls are recorded`, {
    remedy: "leave out what follows the @",
  });
}

function unknownName(item: string, architecture: Architecture | undefined): UsageError {
  if (item.startsWith("/")) return new UsageError(`no system call matches ${shown(item)}`);
  const isClass = item.startsWith("%");
  const candidates = isClass
    ? syscallClassNames().map((name) => `%${name}`)
    : [...syscallNames(architecture), ...bareClasses];
  const nearest = nearestName(item, candidates);
  const what = isClass ? "class of system calls" : "system call";
  const remedy = nearest === null ? undefined : `did you mean ${nearest}?`;
  return new UsageError(
    `unknown ${what} ${shown(item)}${remedy === undefined ? "" : ` (${remedy})`}`,
    { remedy },
  );
}

function shown(text: string): string {
  return `"${printable(text, { maxWidth: 60 })}"`;
}
