/** live-report: what the library in the program counted; its records are in native/report.h. */

/** A record: the name in 32 bytes, then two 64-bit numbers. */
const RECORD_BYTES = 48;
const NAME_BYTES = 32;
/** Room for every record, with as much again. */
export const REPORT_BYTES = 16 * 1024;

export interface LiveReport {
  /** Calls of the program that passed through the library: each crosses without it. */
  readonly intercepted: number;
  /** Those of them that did not cross. */
  readonly spared: number;
  /** Crossings that the library made by itself. */
  readonly added: number;
  /** Processes that loaded it. */
  readonly processes: number;
  /** Bytes that the program had written and that were never written: it was killed. */
  readonly lostBytes: number;
  /** Writes and syncs that failed after the program was told that they worked. */
  readonly lateErrors: number;
  /** fsyncs that were promised and never made: it was killed. */
  readonly lostSyncs: number;
}

const facts = {
  processes: "processes",
  crossed: "added",
  held_bytes: "lostBytes",
  late_errors: "lateErrors",
  syncs_put_off: "lostSyncs",
} as const satisfies Record<string, keyof LiveReport>;

type Counts = { -readonly [Key in keyof LiveReport]: number };

/** Any program of the trial could have written it, so every number is bounded. */
export function readReport(bytes: Buffer): LiveReport {
  const report: Counts = {
    intercepted: 0,
    spared: 0,
    added: 0,
    processes: 0,
    lostBytes: 0,
    lateErrors: 0,
    lostSyncs: 0,
  };
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    const name = bytes.toString("latin1", at, at + NAME_BYTES).replace(/\0.*$/s, "");
    if (name === "") continue;
    const seen = bounded(bytes.readBigInt64LE(at + NAME_BYTES));
    const fact = isFact(name) ? facts[name] : null;
    if (fact !== null) {
      report[fact] += seen;
      continue;
    }
    report.intercepted += seen;
    report.spared += bounded(bytes.readBigInt64LE(at + NAME_BYTES + 8));
  }
  return report;
}

function isFact(name: string): name is keyof typeof facts {
  return Object.hasOwn(facts, name);
}

/** Counts of a run, never negative and small enough to be added up. */
function bounded(value: bigint): number {
  if (value < 0n) return 0;
  return value > 2n ** 40n ? 2 ** 40 : Number(value);
}
