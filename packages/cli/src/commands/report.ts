/** crossbill report: a saved recording or bill as text, JSON or in the format of another tool. */
import { isatty } from "node:tty";
import { gzipSync } from "node:zlib";
import { type Bill, type ExportFormat, exportFormats, UsageError } from "@crossbill/core";
import type { OptionValues } from "commander";
import * as flags from "../flags.ts";
import { readInput } from "../input-file.ts";
import { jsonPieces } from "../json-pieces.ts";
import { type OutputFile, openOutput, standardOutput } from "../output-file.ts";
import { becomeUser, invokingUser, useHomeOf } from "../privilege.ts";
import { renderBill } from "../render/bill.ts";
import { savedBill } from "../saved-bill.ts";
import { columnsOf, wantsColour } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";
import { readView, type View } from "../view.ts";

export const report: Verb = {
  name: "report",
  summary: "print a saved recording or bill again, or in the format of another tool",
  description:
    "Reads what run or attach wrote with --json or --recording and prints the bill on standard " +
    "output. A recording is billed with this machine's prices when it was made here; a bill brings " +
    "its own. With --format the bill is written for another tool: always whole, whatever -e says.",
  operand: {
    syntax: "<file>",
    description: "a recording or a bill, or - for standard input",
    completion: "file",
  },
  flags: [
    flags.formatFlag,
    flags.valueFlag,
    flags.jsonFlag,
    flags.reportOutputFlag,
    flags.topFlag,
    flags.byFlag,
    flags.traceFlag,
    flags.allFlag,
  ],
  examples: [
    {
      command: "crossbill report bill.json --top 30 --by syscall",
      meaning: "the same bill from another side",
    },
    {
      command: "crossbill report run.recording.json --json > bill.json",
      meaning: "a recording billed afterwards",
    },
    {
      command: "crossbill report bill.json --format pprof -o bill.pb.gz",
      meaning: "for go tool pprof",
    },
  ],
  async act([file], values) {
    if (file === undefined) throw new UsageError("report: no file is given");
    const view = readView(values);
    const format = readFormat(values);
    const name = flags.reportOutputFlag.read(values);
    refuseBytesOnTerminal(format, name);
    const saved = readInput(file);
    // Reading may have needed root; prices and output are the user's business.
    const user = invokingUser();
    useHomeOf(user);
    becomeUser(user);
    const bill = await savedBill(saved);
    const output = name === null ? standardOutput(1) : openOutput(name);
    output.write(written(bill, format, { view, values, output }));
    return done;
  },
};

type Format = "text" | "json" | ExportFormat;

function readFormat(values: OptionValues): Format {
  const id = flags.formatFlag.read(values);
  if (flags.jsonFlag.read(values)) {
    if (id === null || id === "json") return "json";
    throw new UsageError(`--json and --format ${id} are two formats`, { remedy: "give one" });
  }
  if (id === "json") return id;
  return exportFormats.find((format) => format.id === id) ?? "text";
}

function refuseBytesOnTerminal(format: Format, name: string | null): void {
  if (typeof format === "string" || format.gzip !== true) return;
  if ((name !== null && name !== "-") || !isatty(1)) return;
  throw new UsageError(`${format.id} is not for a terminal: it is compressed`, {
    remedy: `name a file: -o bill.${format.extension}`,
  });
}

interface Wanted {
  readonly view: View;
  readonly values: OptionValues;
  readonly output: OutputFile;
}

function written(
  bill: Bill,
  format: Format,
  { view, values, output }: Wanted,
): Iterable<string> | Uint8Array {
  if (format === "text") return text(bill, view, output.descriptor);
  if (format === "json") return jsonPieces(bill);
  const value = flags.valueFlag.read(values) ?? "boundary";
  const content = format.write(bill, { value, top: view.top });
  if (format.gzip === true) return gzipSync(content);
  return typeof content === "string" ? [content] : content;
}

function text(bill: Bill, view: View, descriptor: number): Iterable<string> {
  return renderBill(bill, {
    ...view,
    colour: wantsColour(descriptor),
    width: columnsOf(descriptor),
  });
}
