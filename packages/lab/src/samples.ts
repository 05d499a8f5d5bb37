/** samples: reads what crossbill-calibrate printed; nothing in it is taken on trust. */
import { UnsupportedError } from "@crossbill/core";
import type { Block } from "./estimate.ts";

/** All blocks of one process that measured one thing. */
export interface Samples {
  readonly thing: string;
  readonly argument: number;
  /** Cost of one reading of the clock, ns. */
  readonly timerNs: number;
  readonly resolutionNs: number;
  /** 2n calls took twice as long as n; null when the number of calls was given. */
  readonly linear: boolean | null;
  readonly blocks: readonly Block[];
}

type Fields = Readonly<Record<string, unknown>>;

function broken(line: number, what: string): UnsupportedError {
  return new UnsupportedError(`calibration (line ${line} of its samples: ${what})`, null, {
    remedy: "rebuild with ./setup: crossbill-calibrate and crossbill differ in version",
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
    return { calls: at("calls"), events: at("events"), ns: at("ns"), cpuNs: at("cpuNs") };
  });
  if (last["blocks"] !== blocks.length) throw broken(lines.length, "blocks are missing");
  if (typeof head["thing"] !== "string") throw broken(1, "thing is no text");
  return {
    thing: head["thing"],
    argument: numberOf(head, "argument", 1),
    timerNs: numberOf(head, "timerNs", 1),
    resolutionNs: numberOf(head, "resolutionNs", 1),
    linear: typeof head["linear"] === "boolean" ? head["linear"] : null,
    blocks,
  };
}
