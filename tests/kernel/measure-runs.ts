/** Runs of crossbill-measure as tests look at them: sums of counts, system calls, refusals. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measure, measureProgram, type Parameters } from "@crossbill/native";

/** What was asked for, in blocks that do not divide it. */
export interface Asked {
  readonly mechanism: string;
  readonly parameters?: Parameters;
  readonly calls: number;
  readonly blockCalls: number;
}

export interface Summed {
  readonly calls: number;
  readonly events: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** All blocks of one process, added up. */
export async function measured(asked: Asked): Promise<Summed> {
  const { blocks } = await measure(asked);
  const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);
  const names = Object.keys(blocks[0]?.counts ?? {});
  return {
    calls: sum(blocks.map(({ calls }) => calls)),
    events: sum(blocks.map(({ events }) => events)),
    counts: Object.fromEntries(
      names.map((name) => [name, sum(blocks.map(({ counts }) => counts[name] ?? 0))]),
    ),
  };
}

const wordsOf = ({ mechanism, parameters, calls, blockCalls }: Asked): string[] => [
  mechanism,
  ...Object.entries(parameters ?? {}).map(([name, value]) => `${name}=${value}`),
  ...["--calls", `${calls}`, "--block", `${blockCalls}`],
];

/** How often strace saw a system call of the run, in lines that `match`: the loader makes some. */
export function seenByStrace(call: string, match: RegExp, asked: Asked): number {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-strace-"));
  const file = join(folder, "calls");
  try {
    const order = ["-f", "-o", file, "-e", `trace=${call}`, measureProgram(), ...wordsOf(asked)];
    const { status, stderr } = spawnSync("strace", order, { encoding: "utf8" });
    if (status !== 0) throw new Error(`strace ended with ${status}: ${stderr}`);
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => match.test(line)).length;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Why the mechanism would not run; null when it did. */
export function refusal(mechanism: string, parameters: Parameters): string | null {
  const words = wordsOf({ mechanism, parameters, calls: 1, blockCalls: 1 });
  const { status, stderr } = spawnSync(measureProgram(), words, { encoding: "utf8" });
  return status === 0 ? null : stderr.trim();
}
