/** Perf maps: the names that runtimes give to code they compile, in /tmp/perf-PID.map. */
import { closeSync, statSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import { decodeByteString, type FrameSymbol, SYMBOL_CHARACTERS_MAX } from "@crossbill/core";
import { openPlain, readAt } from "./plain-file.ts";

/** Node writes some 100 bytes a function; a map larger than this is not of a program we can help. */
const MAP_BYTES_MAX = 64 << 20;
/** A hostile map names the same addresses on each of its lines. */
const NAMINGS_MAX = 1 << 20;
const PIECE_BYTES = 1 << 20;
/** A name is cut to less anyway. */
const LINE_CHARACTERS_MAX = 4096;

export interface PerfMapRequest {
  readonly pid: number;
  /** Code addresses. */
  readonly addresses: readonly number[];
  /** A map that was written before is of an earlier process; null: the process was there before us. */
  readonly notBeforeMs: number | null;
  /** Where runtimes put them. */
  readonly folder?: string;
}

/**
 * Names of addresses in code without a file. Runtimes write `START SIZE NAME` to a folder that
 * everybody can write to, so only a plain file of the program's own user is read. Code moves and its
 * room is used again: the last line for an address counts.
 */
export async function perfMapSymbols(
  request: PerfMapRequest,
  signal: AbortSignal,
): Promise<ReadonlyMap<number, FrameSymbol>> {
  const file = openMap(request);
  if (file === null) return new Map();
  try {
    return await readMap(file, request.addresses, signal);
  } finally {
    closeSync(file);
  }
}

function openMap({ pid, notBeforeMs, folder = "/tmp" }: PerfMapRequest): number | null {
  const opened = openPlain(`${folder}/perf-${pid}.map`, "refuse");
  if (opened === null) return null; // Most programs have none.
  const { descriptor, stats } = opened;
  const isSmall = stats.nlink === 1 && stats.size <= MAP_BYTES_MAX;
  const isOwn = stats.uid === process.getuid?.() || stats.uid === ownerOf(pid);
  const isFresh = notBeforeMs === null || stats.mtimeMs >= notBeforeMs;
  if (isSmall && isOwn && isFresh) return descriptor;
  closeSync(descriptor);
  return null;
}

/** Whose process it is, while it lives. */
function ownerOf(pid: number): number | null {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? null;
}

async function readMap(
  file: number,
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<Map<number, FrameSymbol>> {
  const naming = new Naming(addresses);
  let rest = "";
  for (let at = 0; at < MAP_BYTES_MAX && !signal.aborted; ) {
    const piece = readAt(file, PIECE_BYTES, at);
    if (piece.length === 0) break;
    at += piece.length;
    const lines = (rest + piece.toString("latin1")).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS_MAX);
    for (const line of lines) naming.read(line);
    await nextTurn(); // So that time can run out.
  }
  return naming.symbols();
}

/** Takes a map's lines one after the other. */
class Naming {
  readonly #wanted: readonly number[];
  readonly #names = new Map<number, string>();
  #namings = 0;

  constructor(addresses: readonly number[]) {
    this.#wanted = addresses.toSorted((a, b) => a - b);
  }

  read(line: string): void {
    const [, start = "", size = "", name = ""] =
      /^(?:0x)?([0-9a-f]{1,13}) (?:0x)?([0-9a-f]{1,13}) (.+)$/.exec(line) ?? [];
    if (name === "") return;
    const begin = Number.parseInt(start, 16);
    const end = begin + Number.parseInt(size, 16);
    for (let at = firstFrom(this.#wanted, begin); this.#namings < NAMINGS_MAX; at++) {
      const address = this.#wanted[at];
      if (address === undefined || address >= end) return;
      this.#names.set(address, name);
      this.#namings++;
    }
  }

  symbols(): Map<number, FrameSymbol> {
    return new Map([...this.#names].map(([address, name]) => [address, symbolOf(name)]));
  }
}

/** Index of the first number that is at least `least`. */
function firstFrom(sorted: readonly number[], least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How V8 writes a function, `JS:*name file:line:column`, and how Python 3.12 does, `py::name:file`. */
const v8Function =
  /^(?:JS|LazyCompile|Function|Script|Eval):[~*^+]*((?:[gs]et )?\S*) (.+):(\d{1,9}):\d{1,9}$/;
const pythonFunction = /^py::(.+?):(.+)$/;

/** The symbol a map's name stands for; `name` has one character a byte. */
export function symbolOf(name: string): FrameSymbol {
  const text = decodeByteString(name);
  const [, v8Name, v8File, v8Line] = v8Function.exec(text) ?? [];
  if (v8File !== undefined) {
    const own = v8Name === undefined || v8Name === "" ? "(anonymous)" : v8Name;
    return { ...cut(own, v8File), line: Number(v8Line), module: null };
  }
  const [, python, pythonFile] = pythonFunction.exec(text) ?? [];
  if (python !== undefined && pythonFile !== undefined) {
    return { ...cut(python, pythonFile), line: null, module: null };
  }
  return { ...cut(text, null), line: null, module: null };
}

function cut(name: string, file: string | null): Pick<FrameSymbol, "function" | "file"> {
  return {
    function: name.slice(0, SYMBOL_CHARACTERS_MAX),
    file: file?.slice(0, SYMBOL_CHARACTERS_MAX) ?? null,
  };
}
