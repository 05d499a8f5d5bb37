/** samples: reads what crossbill-measure printed; nothing in it is taken on trust. */
import { UnsupportedError } from "@crossbill/core";

/** One timed block, as crossbill-measure prints it. */
export interface Block {
  readonly calls: number;
  /** Priced events: faults taken, switches made; else the calls. */
  readonly events: number;
  readonly ns: number;
  /** Of these, time on the CPU of the thread that timed it. */
  readonly cpuNs: number;
  /** What the mechanism itself counted while the block ran: faults, system calls, bytes... */
  readonly counts: Readonly<Record<string, number>>;
}

/** All blocks of one process that measured one mechanism. */
export interface Samples {
  readonly mechanism: string;
  /** Cost of one reading of the clock, ns. */
  readonly timerNs: number;
  readonly resolutionNs: number;
  /** 2n calls took twice as long as n; null when the number of calls was given. */
  readonly linear: boolean | null;
  readonly blocks: readonly Block[];
}

type Fields = Readonly<Record<string, unknown>>;

function broken(line: number, what: string): UnsupportedError {
  return new UnsupportedError(`measuring (line ${line} of its samples: ${what})`, null, {
    remedy: "rebuild with ./setup: crossbill-measure and crossbill differ in version",
  });
}

function fieldsOf(text: string, line: number): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken(line, "no JSON");
  }
  if (typeof value !== "object" || value === null) throw broken(line, "no object");
  return { ...value };
}

function numberOf(fields: Fields, name: string, line: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
    throw broken(line, `${name} is no number`);
  }
  return value;
}

function countsOf(value: unknown, line: number): Record<string, number> {
  if (typeof value !== "object" || value === null) throw broken(line, "counts is no object");
  const fields: Fields = { ...value };
  return Object.fromEntries(
    Object.keys(fields).map((name) => [name, numberOf(fields, name, line)]),
  );
}

/**
 * Parses the whole output of one process: a head, one line a block, a line with their number.
 * @throws UnsupportedError when a line is missing or broken.
 */
export function parseSamples(text: string): Samples {
  const lines = text.split("\n").filter((line) => line !== "");
  const head = fieldsOf(lines[0] ?? "", 1);
  const last = fieldsOf(lines.at(-1) ?? "", lines.length);
  const blocks = lines.slice(1, -1).map((line, index) => {
    const fields = fieldsOf(line, index + 2);
    const at = (name: string): number => numberOf(fields, name, index + 2);
    const counts = countsOf(fields["counts"], index + 2);
    return { calls: at("calls"), events: at("events"), ns: at("ns"), cpuNs: at("cpuNs"), counts };
  });
  if (last["blocks"] !== blocks.length) throw broken(lines.length, "blocks are missing");
  if (typeof head["mechanism"] !== "string") throw broken(1, "mechanism is no text");
  return {
    mechanism: head["mechanism"],
    timerNs: numberOf(head, "timerNs", 1),
    resolutionNs: numberOf(head, "resolutionNs", 1),
    linear: typeof head["linear"] === "boolean" ? head["linear"] : null,
    blocks,
  };
}
