/** Module names: what lies where in the programs and libraries that frames are in. */
import { closeSync } from "node:fs";
import type { FrameSymbol } from "@crossbill/core";
import { inDynamicFunctions } from "./dynamic-functions.ts";
import { addressOf } from "./elf-file.ts";
import {
  candidatePaths,
  fetchedDebugFile,
  isUnchanged,
  type ModuleFile,
  openModule,
} from "./module-files.ts";
import { readAt } from "./plain-file.ts";
import { CALL_BYTES_MAX, endsInCall } from "./return-address.ts";
import { type SourceLine, sourceLines } from "./source-lines.ts";
import type { Place, SampledRecording } from "./wanted-frames.ts";

/** A build id, or an inode number. */
type ModuleKey = string | number;

/** How many files are looked at together. */
const TOGETHER = 4;

interface Wanted {
  /** As they are looked up: within the calling instruction, not behind it. */
  readonly offsets: Set<number>;
  /** Of them, those that were only found on the stack. */
  readonly guesses: Set<number>;
  symbols: ReadonlyMap<number, FrameSymbol> | null;
}

export class ModuleNames {
  readonly #wanted = new Map<ModuleKey, Wanted>();

  /** Asks for a place, before `find`. */
  want(module: ModuleKey, place: Place, isGuess: boolean): void {
    const wanted: Wanted = this.#wanted.get(module) ?? {
      offsets: new Set(),
      guesses: new Set(),
      symbols: null,
    };
    this.#wanted.set(module, wanted);
    wanted.offsets.add(lookedUp(place));
    if (isGuess) wanted.guesses.add(lookedUp(place));
  }

  /** Looks at the files that the processes ran and mapped until everything is found. */
  async find(
    recording: SampledRecording,
    processes: ReadonlySet<number>,
    signal: AbortSignal,
  ): Promise<void> {
    const paths = candidatePaths(recording, processes);
    const work = async () => {
      for (let path = paths.shift(); path !== undefined; path = paths.shift()) {
        if (signal.aborted || this.#isComplete()) return;
        await this.#look(path, recording.startedAt, signal);
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, work));
  }

  symbol(module: ModuleKey, place: Place): FrameSymbol | undefined {
    return this.#wanted.get(module)?.symbols?.get(lookedUp(place));
  }

  #isComplete(): boolean {
    return [...this.#wanted.values()].every(({ symbols }) => symbols !== null);
  }

  async #look(path: string, startedAt: string, signal: AbortSignal): Promise<void> {
    const module = await openModule(path, signal);
    if (module === null) return;
    try {
      const { buildId } = module.elf;
      const own = buildId === null ? undefined : this.#wanted.get(buildId);
      const byInode = this.#wanted.get(module.inode);
      const isSame = byInode !== undefined && isUnchanged(module, startedAt, this.#buildIds());
      const both = [own, isSame ? byInode : undefined].filter((wanted) => wanted !== undefined);
      await nameAll(module, both, signal);
    } finally {
      closeSync(module.file);
    }
  }

  #buildIds(): ReadonlySet<string> {
    return new Set([...this.#wanted.keys()].filter((key) => typeof key === "string"));
  }
}

/** The last byte of a call stands for it: behind it another line, or another function, may begin. */
function lookedUp({ offset, isReturn }: Place): number {
  return isReturn ? offset - 1 : offset;
}

async function nameAll(
  module: ModuleFile,
  all: readonly Wanted[],
  signal: AbortSignal,
): Promise<void> {
  const offsets = new Set<number>();
  for (const wanted of all) {
    for (const offset of wanted.offsets) {
      if (!wanted.guesses.has(offset) || followsCall(module, offset + 1)) offsets.add(offset);
    }
  }
  if (offsets.size === 0) return;
  const addresses = new Map<number, number>();
  for (const offset of offsets) {
    const address = addressOf(module.elf, offset);
    if (address !== null) addresses.set(offset, address);
  }
  const lines = await linesOf(module, [...addresses.values()], signal);
  const symbols = new Map(
    [...addresses].map(([offset, address]) => [offset, symbolOf(module, lines.get(address))]),
  );
  for (const wanted of all) wanted.symbols = symbols;
}

function symbolOf({ path }: ModuleFile, line: SourceLine | undefined): FrameSymbol {
  return { function: null, file: null, line: null, ...line, module: path };
}

function followsCall({ file }: ModuleFile, offset: number): boolean {
  if (offset < CALL_BYTES_MAX) return false;
  return endsInCall(readAt(file, CALL_BYTES_MAX, offset - CALL_BYTES_MAX));
}

/** From its separate debugging information where that was fetched, else from the file itself. */
async function linesOf(
  module: ModuleFile,
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, SourceLine>> {
  const { buildId } = module.elf;
  const debug = buildId === null ? null : await openModule(fetchedDebugFile(buildId), signal);
  if (debug === null) return trustedLines(module, addresses, signal);
  try {
    const isItsOwn = debug.elf.buildId === buildId;
    return await trustedLines(isItsOwn ? debug : module, addresses, signal);
  } finally {
    closeSync(debug.file);
  }
}

/** Without functions that were only taken for want of a better one. */
async function trustedLines(
  { file, elf }: ModuleFile,
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, SourceLine>> {
  const lines = await sourceLines(file, addresses, signal);
  if (!elf.isStripped) return lines;
  const doubtful = [...lines].flatMap(([address, line]) => (line.file === null ? [address] : []));
  if (doubtful.length === 0) return lines;
  const sound = await inDynamicFunctions(file, doubtful, signal);
  return new Map([...lines].filter(([address, line]) => line.file !== null || sound.has(address)));
}
