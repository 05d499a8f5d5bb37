/** The manual page, made from the commands: docs/crossbill.1. */
import type { AnyFlag } from "../flags.ts";
import { exitStatuses, summary, verbs, version } from "../program.ts";
import type { Verb } from "../verb.ts";

/** The page in roff with the man macros, which every Unix can show. */
export function manualPage(): string {
  const lines = [
    '.\\" Made by tools/generate-docs.js from the commands; do not edit.',
    `.TH CROSSBILL 1 "" "crossbill ${version()}" "User Commands"`,
    ".SH NAME",
    `crossbill \\- ${escape(summary.charAt(0).toLowerCase() + summary.slice(1))}`,
    ".SH SYNOPSIS",
    ...verbs.flatMap((verb) => [".br", `\\fBcrossbill ${verb.name}\\fR ${escape(synopsis(verb))}`]),
    ".SH COMMANDS",
    ...verbs.flatMap(commandSection),
    ".SH EXIT STATUS",
    ...exitStatuses.flatMap(([status, meaning]) => [".TP", `.B ${status}`, escape(meaning)]),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, meaning]) => [".TP", `.B ${name}`, escape(meaning)]),
    ".SH FILES",
    ".TP",
    ".I $XDG_CACHE_HOME/crossbill/prices\\-*.json",
    "This machine's prices, as crossbill calibrate measured them.",
    ".TP",
    ".I $XDG_CACHE_HOME/crossbill/lab\\-*.json",
    "This machine's lab reports: what was measured last, and what was interrupted.",
    ".SH SEE ALSO",
    ".BR strace (1),",
    ".BR perf (1)",
  ];
  return `${lines.join("\n")}\n`;
}

const environment: readonly (readonly [string, string])[] = [
  ["NO_COLOR", "when set and not empty, no colours are used"],
  ["XDG_CACHE_HOME", "where prices are stored instead of ~/.cache"],
  [
    "SUDO_UID, SUDO_GID",
    "set by sudo: the program runs, and files are written, as the user who called it",
  ],
];

function synopsis(verb: Verb): string {
  const operand = verb.operand === null ? "" : operandText(verb.operand.syntax);
  const separator = verb.operand?.completion === "command" ? " [--]" : "";
  return `[options]${separator}${operand}`;
}

function operandText(syntax: string): string {
  if (syntax !== "[command...]" && syntax.startsWith("[")) return ` ${syntax}`;
  return ` ${syntax.replace(/[[\]<>]/g, "")}`.replace("command...", "command [argument...]");
}

function commandSection(verb: Verb): string[] {
  return [
    `.SS ${verb.name}`,
    ...verb.description
      .split("\n\n")
      .flatMap((text, index) => [...(index > 0 ? [".PP"] : []), escape(text)]),
    ...verb.flags.flatMap(flagEntry),
    ".PP",
    "Examples:",
    ...verb.examples.flatMap(({ command, meaning }) => [
      ".TP",
      `.B ${escape(command)}`,
      escape(meaning),
    ]),
  ];
}

function flagEntry({ option }: AnyFlag): string[] {
  const choices = option.argChoices === undefined ? "" : ` (${option.argChoices.join(", ")})`;
  const preset = typeof option.defaultValue === "string" ? ` (default ${option.defaultValue})` : "";
  return [".TP", `.B ${escape(option.flags)}`, escape(`${option.description}${choices}${preset}`)];
}

/** A hyphen is a minus, a backslash is itself, and no line begins with a control character. */
function escape(text: string): string {
  return text
    .replace(/\\/g, "\\e")
    .replace(/-/g, "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
