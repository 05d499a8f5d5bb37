/** The commander program, assembled from the commands. */
import { createRequire } from "node:module";
import { Command, type OptionValues } from "commander";
import { attach } from "./commands/attach.ts";
import { calibrate } from "./commands/calibrate.ts";
import { check } from "./commands/check.ts";
import { compare } from "./commands/compare.ts";
import { diff } from "./commands/diff.ts";
import { doctor } from "./commands/doctor.ts";
import { explain } from "./commands/explain.ts";
import { importLog } from "./commands/import.ts";
import { lab } from "./commands/lab.ts";
import { report } from "./commands/report.ts";
import { run } from "./commands/run.ts";
import { scoreboard } from "./commands/scoreboard.ts";
import { tryFindings } from "./commands/try.ts";
import { rephraseUsage } from "./failure.ts";
import { say, writeFully } from "./terminal.ts";
import type { Ending, Verb } from "./verb.ts";

export const verbs: readonly Verb[] = [
  run,
  attach,
  report,
  importLog,
  tryFindings,
  scoreboard,
  diff,
  check,
  lab,
  explain,
  compare,
  calibrate,
  doctor,
];

export const summary = "The itemised bill for every crossing of the user-kernel boundary";

/** Columns of help; wider lines are hard to read and the terminal is not asked. */
const HELP_COLUMNS = 80;

/** What crossbill's exit status means, for help and man page. */
export const exitStatuses: readonly (readonly [string, string])[] = [
  ["0", "done; run ends exactly as the program did, by status or signal"],
  ["1", "diff or check: a rule or a limit is broken"],
  ["2", "the command line is wrong"],
  ["125", "crossbill itself failed"],
  ["126", "the program cannot be executed"],
  ["127", "the program was not found"],
];

/** `onEnding` gets what the chosen command came to. */
export function buildProgram(onEnding: (ending: Ending) => void): Command {
  const program = new Command("crossbill")
    .description(summary)
    .version(version(), "-V, --version")
    .enablePositionalOptions()
    .addHelpText("after", `\nExit status:\n${table(exitStatuses)}`)
    .showSuggestionAfterError();
  quiet(program);
  for (const verb of verbs) program.addCommand(buildCommand(verb, onEnding));
  return program;
}

function buildCommand(verb: Verb, onEnding: (ending: Ending) => void): Command {
  const command = new Command(verb.name)
    .summary(verb.summary)
    .description(verb.description)
    .passThroughOptions(verb.operand?.completion === "command")
    .addHelpText("after", `\nExamples:\n${examples(verb)}`);
  quiet(command);
  for (const { option } of verb.flags) command.addOption(option);
  if (verb.operand !== null) command.argument(verb.operand.syntax, verb.operand.description);
  command.action(async () => {
    if (verb.operand?.completion === "command" && command.args.length === 0) {
      say(`${verb.name}: no command is given`);
      command.help({ error: true });
    }
    const values: OptionValues = command.opts();
    onEnding(await verb.act(command.args, values));
  });
  return command;
}

/** No exit, no process.stdout, one line for an error. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => writeFully(1, text),
    writeErr: (text) => writeFully(2, text),
    outputError: (text, write) => write(rephraseUsage(text, commandPath(command))),
    getOutHelpWidth: () => HELP_COLUMNS,
    getErrHelpWidth: () => HELP_COLUMNS,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

function commandPath(command: Command): string {
  return command.name() === "crossbill" ? "crossbill" : `crossbill ${command.name()}`;
}

function examples(verb: Verb): string {
  return verb.examples.map(({ command, meaning }) => `  ${command}\n      ${meaning}`).join("\n");
}

function table(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([left, right]) => `  ${left.padEnd(5)} ${right}`).join("\n");
}

export function version(): string {
  const manifest: unknown = createRequire(import.meta.url)("../package.json");
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}
