/** walk-native: a tree of folders by the native part: steps in threads of the pool, few of them ahead. */
import { linkAbort } from "./abort.ts";
import type { NativeFunctions } from "./native.ts";
import { StatusColumns } from "./status-columns.ts";
import { RUN_NUMBERS, type WalkFound } from "./walk-batch.ts";

/** A walk under way, owned by the native part. */
type NativeWalk = object;

declare module "./native.ts" {
  interface NativeFunctions {
    walkOpen(root: Uint8Array, flags: number, depth: number): NativeWalk;
    walkStep(walk: NativeWalk, abort: Int32Array | undefined): Promise<ArrayBuffer>;
    walkClose(walk: NativeWalk): void;
  }
}

/** What a walk does, with all defaults filled in. */
export interface WalkPlan {
  readonly root: Buffer;
  readonly followSymlinks: boolean;
  readonly sameFileSystem: boolean;
  readonly sorted: boolean;
  /** Infinity for no end. */
  readonly depth: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
}

/** By the numbers of native/src/io/tree-walk.c. */
const FLAG_FOLLOW = 1;
const FLAG_SAME_SYSTEM = 2;
const FLAG_SORTED = 4;
const MOST_DEPTH = 2 ** 32 - 1;
const HEADERS = 5;

/** What a step found, and whether nothing is left to do. */
interface Step {
  readonly found: WalkFound;
  readonly isDone: boolean;
}

/** By the layout of native/src/io/walk-batch.c. */
function readStep(block: ArrayBuffer): Step {
  const [count = 0, runCount = 0, nameBytes = 0, pathBytes = 0, isDone] = new Float64Array(
    block,
    0,
    HEADERS,
  );
  const columnsAt = HEADERS * Float64Array.BYTES_PER_ELEMENT;
  const columns = new StatusColumns(count, block, columnsAt);
  const nameEnds = new Uint32Array(block, columnsAt + columns.byteLength, count);
  const runsAt = nameEnds.byteOffset + nameEnds.byteLength;
  const runs = new Uint32Array(block, runsAt, runCount * RUN_NUMBERS);
  const names = Buffer.from(block, runsAt + runs.byteLength, nameBytes);
  const paths = Buffer.from(block, runsAt + runs.byteLength + nameBytes, pathBytes);
  return { found: { columns, nameEnds, runs, names, paths }, isDone: isDone === 1 };
}

/**
 * Batches, none of them empty. As many steps are under way, or done and not taken, as there are
 * threads: whoever takes none has no more than those in memory. A small tree is done by the first.
 */
export async function* walkByNative(
  part: NativeFunctions,
  plan: WalkPlan,
): AsyncGenerator<WalkFound, void, undefined> {
  const { root, depth, threads, signal } = plan;
  signal?.throwIfAborted();
  const walk = part.walkOpen(root, flagsOf(plan), Math.min(depth, MOST_DEPTH));
  const ending = new AbortController();
  const { word } = linkAbort(ending.signal);
  const end = () => ending.abort();
  signal?.addEventListener("abort", end, { once: true });
  const flying = new Set<Promise<ArrayBuffer>>();
  const begin = () => {
    const step = part.walkStep(walk, word);
    step.catch(() => {}); // Told when it is awaited; the caller may never ask.
    flying.add(step);
  };
  let isDone = false;
  try {
    begin();
    // In the order in which they were begun.
    for (const next of flying) {
      const step = readStep(await next);
      flying.delete(next);
      isDone ||= step.isDone;
      // Before the caller works on what was found.
      for (let rest = isDone ? 0 : threads - flying.size; rest > 0; rest--) begin();
      if (step.found.columns.length > 0) yield step.found;
    }
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    signal?.removeEventListener("abort", end);
    end();
    await Promise.allSettled(flying); // No thread works and no descriptor is open when we return.
    part.walkClose(walk);
  }
}

function flagsOf({ followSymlinks, sameFileSystem, sorted }: WalkPlan): number {
  return (
    (followSymlinks ? FLAG_FOLLOW : 0) |
    (sameFileSystem ? FLAG_SAME_SYSTEM : 0) |
    (sorted ? FLAG_SORTED : 0)
  );
}
