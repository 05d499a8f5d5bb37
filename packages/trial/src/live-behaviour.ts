/** live-behaviour: everything that a run left behind, and whether the fix changed any of it. */
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { encodeBytes, type Judgement, printable, signalName } from "@crossbill/core";
import type { LiveRun } from "./live-run.ts";

const CHUNK_BYTES = 1 << 20;
/** A crossing is seldom worth more than a few average ones, and a percent is what noise hides. */
const LEAST_SPARED_SHARE = 0.01;

/** By name of what was compared, the digest of its bytes, or how it ended in words. */
export type Behaviour = ReadonlyMap<string, string>;

export interface Compared {
  /** What came out byte for byte the same in all runs. */
  readonly same: readonly string[];
  /** What differs from run to run also without the fix, so that it proves nothing. */
  readonly unsteady: readonly string[];
  /** What the fix changed. */
  readonly changed: readonly string[];
}

export interface Observed {
  readonly standardOutput: string;
  readonly standardError: string;
  readonly files: readonly string[];
}

/** What there is after a run; files that are not there count as such. */
export function behaviourOf(run: LiveRun, observed: Observed): Behaviour {
  return new Map([
    ["how it ended", ending(run)],
    ["standard output", digestOf(observed.standardOutput)],
    ["standard error", digestOf(observed.standardError)],
    ...observed.files.map((path): [string, string] => [shownPath(path), digestOf(path)]),
  ]);
}

function ending({ status, killedBy }: LiveRun): string {
  return killedBy === 0 ? `with status ${status}` : `by ${signalName(killedBy)}`;
}

function shownPath(path: string): string {
  return printable(path, { maxWidth: 120, cut: "middle" });
}

function digestOf(path: string): string {
  const hash = createHash("sha256");
  try {
    const fd = openSync(Buffer.from(encodeBytes(path)), "r");
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      for (;;) {
        const length = readSync(fd, chunk, 0, CHUNK_BYTES, null);
        if (length === 0) return hash.digest("hex");
        hash.update(chunk.subarray(0, length));
      }
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    return error instanceof Error && "code" in error ? `none: ${String(error.code)}` : "none";
  }
}

/** Plain runs among themselves first: only what they agree on can be changed by the fix. */
export function compare(plain: readonly Behaviour[], fixed: readonly Behaviour[]): Compared {
  const [first] = plain;
  const names = [...(first?.keys() ?? [])];
  const agree = (runs: readonly Behaviour[], name: string): boolean =>
    runs.every((run) => run.get(name) === first?.get(name));
  const steady = names.filter((name) => agree(plain, name));
  return {
    same: steady.filter((name) => agree(fixed, name)),
    unsteady: names.filter((name) => !steady.includes(name)),
    changed: steady.filter((name) => !agree(fixed, name)),
  };
}

/**
 * Why no gain counts; null when the fix changed nothing that can be seen. `crossings` are those of a
 * plain run, null when they are not known.
 */
export function misbehaviour(
  compared: Compared,
  fixed: readonly LiveRun[],
  crossings: number | null,
): Judgement | null {
  const changed = (why: string): Judgement => ({ verdict: "changed behaviour", why });
  const worst = (of: "lostBytes" | "lateErrors" | "lostSyncs"): number =>
    Math.max(0, ...fixed.map(({ report }) => report?.[of] ?? 0));
  if (compared.changed.length > 0) {
    return changed(`with the fix these came out otherwise: ${compared.changed.join(", ")}`);
  }
  if (worst("lostBytes") > 0) {
    return changed(`it was killed while ${worst("lostBytes")} bytes it had written were held`);
  }
  if (worst("lateErrors") > 0) {
    return changed(`${worst("lateErrors")} writes failed after they had seemed to work`);
  }
  if (worst("lostSyncs") > 0) {
    return changed(`${worst("lostSyncs")} files that it had synced were not when it was killed`);
  }
  if (compared.unsteady.includes("standard output")) {
    const why = "its standard output differs from run to run, also without the fix";
    return { verdict: "cannot tell", why };
  }
  return tooLittle(fixed, crossings);
}

/** Time that goes with so few calls does not go because of them; null when they are more. */
function tooLittle(fixed: readonly LiveRun[], crossings: number | null): Judgement | null {
  const spared = Math.max(0, ...fixed.map(({ report }) => report?.spared ?? 0));
  const all = crossings ?? Math.max(0, ...fixed.map(({ report }) => report?.intercepted ?? 0));
  if (spared > 0 && spared >= all * LEAST_SPARED_SHARE) return null;
  const counted = (count: number): string => count.toLocaleString("en-US");
  const why =
    `the fix spared ${counted(spared)} of ${counted(all)} crossings: too few to matter ` +
    "(it sees no call that the C library's own streams make)";
  return { verdict: "cannot tell", why };
}
