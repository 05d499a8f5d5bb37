/**
 * The descriptors beside the standard ones that whoever started us left open for the program: those
 * of `exec 5< file`, or of make's jobserver. Node makes them all close-on-exec, and has some of its
 * own among them.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What /proc/self tells of one descriptor. */
export interface Descriptor {
  readonly number: number;
  /** What it refers to, such as `/etc/passwd` or `pipe:[4026]`. */
  readonly link: string;
  /** As fcntl(2) gives them. */
  readonly flags: number;
}

/** fcntl(2), the same on x86-64 and arm64. */
const O_RDONLY = 0;
const O_WRONLY = 1;
const O_ACCMODE = 0o3;
const O_NONBLOCK = 0o4000;
/** What only the event loop opens. Its timers are no descriptors. */
const LOOP_FILES = new Set(["anon_inode:[eventpoll]", "anon_inode:[io_uring]"]);

let atStart: readonly number[] = [];

/** Looks for them; to be called before anything of ours is opened. */
export function rememberInherited(): void {
  atStart = inheritedAmong(openDescriptors());
}

/** Their numbers, in order. */
export function inheritedDescriptors(): readonly number[] {
  return atStart;
}

/** Those of `open` that are not Node's own. */
export function inheritedAmong(open: readonly Descriptor[]): number[] {
  const pipes = wholePipes(open);
  const signals = pipes.filter((pipe) => pipe.every(isNonBlocking));
  const own = new Set([...signals, ...lockPipe(pipes, signals)].flat());
  return open.filter((one) => !own.has(one) && !isLoopFile(one)).map(({ number }) => number);
}

function isLoopFile({ link, flags }: Descriptor): boolean {
  return LOOP_FILES.has(link) || (link === "anon_inode:[eventfd]" && (flags & O_NONBLOCK) !== 0);
}

/** Pipes of which we have both ends, each once, and both are alike. */
function wholePipes(open: readonly Descriptor[]): Descriptor[][] {
  const byLink = new Map<string, Descriptor[]>();
  for (const one of open) {
    if (one.link.startsWith("pipe:[")) byLink.set(one.link, [...(byLink.get(one.link) ?? []), one]);
  }
  return [...byLink.values()].filter(([one, other, ...more]) => {
    if (one === undefined || other === undefined || more.length > 0) return false;
    const access = new Set([one.flags & O_ACCMODE, other.flags & O_ACCMODE]);
    const isPair = access.has(O_RDONLY) && access.has(O_WRONLY);
    return isPair && isNonBlocking(one) === isNonBlocking(other);
  });
}

function isNonBlocking({ flags }: Descriptor): boolean {
  return (flags & O_NONBLOCK) !== 0;
}

/**
 * libuv has one blocking pipe, a lock for its handling of signals, made right before the first
 * non-blocking one; so its inode is nearest. What else looks just like it was passed to us: the
 * pipe of a jobserver.
 */
function lockPipe(
  pipes: readonly Descriptor[][],
  signals: readonly Descriptor[][],
): Descriptor[][] {
  const inode = ([end]: Descriptor[]) => Number(end?.link.slice("pipe:[".length, -1));
  const distance = (pipe: Descriptor[]) =>
    Math.min(...signals.map((signal) => Math.abs(inode(signal) - inode(pipe))));
  return pipes
    .filter((pipe) => !signals.includes(pipe))
    .toSorted((one, other) => distance(one) - distance(other))
    .slice(0, 1);
}

function openDescriptors(): Descriptor[] {
  let numbers: string[];
  try {
    numbers = readdirSync("/proc/self/fd");
  } catch {
    return []; // No /proc: then it has the standard ones.
  }
  return numbers
    .map(Number)
    .filter((number) => number > 2)
    .toSorted((one, other) => one - other)
    .flatMap(describe);
}

function describe(number: number): Descriptor[] {
  try {
    const link = readlinkSync(`/proc/self/fd/${number}`);
    const flags = /^flags:\s*([0-7]+)$/m.exec(
      readFileSync(`/proc/self/fdinfo/${number}`, "latin1"),
    );
    return [{ number, link, flags: Number.parseInt(flags?.[1] ?? "0", 8) }];
  } catch {
    return []; // That of the listing itself, which is closed again.
  }
}
