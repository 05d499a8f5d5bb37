/** One call of a strace log: its name, arguments, result and duration. */

export interface StraceCall {
  readonly syscall: string;
  /** As strace writes them, without what separates them. */
  readonly args: readonly string[];
  /** null: the call did not return. */
  readonly result: number | null;
  readonly error: string | null;
  /** null: strace ran without -T. */
  readonly durationNs: number | null;
}

/** More are not looked at: no system call has more than six. */
const ARGS_MAX = 8;
/** Longer than any run, 52 days; a power of two, so that a histogram's cells can hold it. */
const DURATION_MAX_NS = 2 ** 52;

/** Reads `name(args) = result <duration>`; null when the text is something else. */
export function readStraceCall(text: string): StraceCall | null {
  const syscall = /^(\w{1,64})\(/.exec(text)?.[1];
  if (syscall === undefined) return null;
  const scanned = readArgs(text, syscall.length + 1);
  if (scanned === null) return null;
  const rest = text.slice(scanned.end);
  const ended = /^\s*= (-?\d{1,20}|0x[0-9a-f]{1,16}|\?)(?: (E[A-Z0-9_]{1,40})\b)?/.exec(rest);
  if (ended === null) return null;
  const [, value = "?", error] = ended;
  const duration = / <(\d{1,10}\.\d{1,9})>\s*$/.exec(rest)?.[1];
  return {
    syscall,
    args: scanned.args,
    // A call that a signal interrupts returns, and is made again.
    result: value !== "?" ? Number(value) : error === undefined ? null : -1,
    error: error ?? null,
    durationNs: duration === undefined ? null : secondsToNs(duration),
  };
}

/** Nanoseconds of decimal seconds, bounded. */
export function secondsToNs(seconds: string): number {
  const [whole = "0", fraction = ""] = seconds.split(".");
  const ns = Number(whole) * 1e9 + Number(fraction.slice(0, 9).padEnd(9, "0"));
  return Math.min(ns, DURATION_MAX_NS);
}

interface Scanned {
  readonly args: string[];
  /** Behind the closing bracket. */
  readonly end: number;
}

const OPENING = "([{";
const CLOSING = ")]}";

/**
 * Takes the arguments apart from `start` on. Brackets and commas in strings and in the names that -y puts
 * behind descriptors are neither: strace escapes quotes in the one and angle brackets in the other.
 */
function readArgs(text: string, start: number): Scanned | null {
  const args: string[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < text.length; at += 1) {
    const letter = text[at] ?? "";
    if (letter === '"') at = endOfString(text, at);
    else if (letter === "<") at = endOfName(text, at);
    else if (OPENING.includes(letter)) depth += 1;
    else if (letter === "," && depth === 0) {
      if (args.length < ARGS_MAX) args.push(text.slice(from, at).trim());
      from = at + 1;
    } else if (CLOSING.includes(letter)) {
      depth -= 1;
      if (depth >= 0) continue;
      const last = text.slice(from, at).trim();
      if (last !== "" && args.length < ARGS_MAX) args.push(last);
      return { args, end: at + 1 };
    }
  }
  return null;
}

/** Of its closing quote, or of the text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

/** Of the bracket that closes a name: 3</a/b>, 1</dev/null<char 1:3>>, 4<TCP:[a->b]>; 1<<3 is no name. */
function endOfName(text: string, start: number): number {
  if (text[start + 1] === "<") return start + 1;
  if (!/[\w)]/.test(text[start - 1] ?? "")) return start;
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === "<") depth += 1;
    else if (text[at] === ">" && text[at - 1] !== "-") depth -= 1;
    if (depth === 0) return at;
  }
  return start;
}

const namedBytes: Readonly<Record<string, number>> = {
  ...{ n: 10, t: 9, r: 13, v: 11, f: 12, a: 7, b: 8, e: 27 },
};

/** What strace escaped, as the bytes it was, one code unit each; the text has one a byte too. */
export function unescapeStrace(text: string): string {
  return text.replace(/\\(?:([0-7]{1,3})|x([0-9a-f]{2})|(.))/gs, (_, octal, hex, letter) => {
    if (typeof octal === "string") return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    if (typeof hex === "string") return String.fromCharCode(Number.parseInt(hex, 16));
    const code = namedBytes[String(letter)];
    return code === undefined ? String(letter) : String.fromCharCode(code);
  });
}

/** The strings among some arguments, such as those of `execve`; strace marks what it cut by "...". */
export function stringsIn(text: string, most: number): string[] {
  const found: string[] = [];
  for (const [, inner = "", cut] of text.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/gs)) {
    if (found.length === most) break;
    found.push(unescapeStrace(inner) + (cut ?? ""));
  }
  return found;
}
