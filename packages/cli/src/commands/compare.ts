/** crossbill compare: two machines, kernels or settings side by side. */
import { parseLabReportOrPrices, UsageError } from "@crossbill/core";
import { compareFiles } from "../comparison.ts";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { jsonPieces } from "../json-pieces.ts";
import { openOutput, standardOutput } from "../output-file.ts";
import { comparisonLines } from "../render/comparison.ts";
import { paintFor } from "../render/paint.ts";
import { wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";

export const compare: Verb = {
  name: "compare",
  summary: "put two lab reports or two prices files side by side",
  description:
    "First what the machines differ in (CPU, kernel, mitigations, hypervisor), then each figure of " +
    "both with its interval, their ratio, and whether they differ by more than the intervals, then " +
    "the verdicts.",
  operand: {
    syntax: "<files...>",
    description:
      "two files of lab --json, or two of calibrate --json; one may be - for standard input",
    completion: "file",
  },
  flags: [flags.jsonFlag, flags.labOutputFlag],
  examples: [
    {
      command: "crossbill compare laptop.json server.json",
      meaning: "what does a crossing cost there and here?",
    },
    {
      command: "crossbill calibrate --json | crossbill compare before.json -",
      meaning: "what did a setting change?",
    },
  ],
  async act(operands, values) {
    const [first, second, ...more] = operands;
    if (first === undefined || second === undefined || more.length > 0) {
      throw new UsageError("compare: two files are needed", {
        remedy: "as in: crossbill compare a.json b.json",
      });
    }
    if (first === "-" && second === "-") throw new UsageError("compare: only one file can be -");
    const [a, b] = [
      parseLabReportOrPrices(readInput(first)),
      parseLabReportOrPrices(readInput(second)),
    ];
    const comparison = compareFiles(a, b);
    const name = flags.labOutputFlag.read(values);
    const output = name === null ? standardOutput(1) : openOutput(name);
    const text = () =>
      comparisonLines(comparison, [first, second], paintFor(wantsColour(output.descriptor))).map(
        (line) => `${line}\n`,
      );
    output.write(flags.jsonFlag.read(values) ? jsonPieces(comparison) : text());
    return done;
  },
};
