/**
 * The bench of live trials: programs as the system has them, plain and with the library; a table of
 * what each saved, how much of it the library saw, and whether a byte differed.
 *
 *   node bench/live/run.js [--lines N]
 *
 * Needs a build (./setup), and a quiet machine for the times. A benchmark prints figures; it never
 * fails on them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { programs } from "./programs.js";

const crossbill = fileURLToPath(new URL("../../packages/cli/bin/crossbill.js", import.meta.url));

function lineCount() {
  const { values } = parseArgs({ options: { lines: { type: "string", default: "20000" } } });
  const lines = Number.parseInt(values.lines, 10);
  if (!(lines >= 1 && lines <= 1_000_000)) throw new Error("--lines: a number from 1 to 1000000");
  return lines;
}

function fill(folder, lines) {
  const numbers = Array.from({ length: lines }, (_, index) => (index * 7919) % lines);
  writeFileSync(join(folder, "words"), numbers.map((number) => `${number} word\n`).join(""));
  writeFileSync(
    join(folder, "Makefile"),
    "all: one two\none two:\n\t@for i in 1 2 3; do echo $@ $$i; done\n",
  );
}

function tried(command, folder) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [crossbill, "try", "--live", "--json", "--", ...command],
    {
      stdio: [openSync(join(folder, "words"), "r"), "pipe", "pipe"],
      encoding: "utf8",
      env: { ...process.env, XDG_STATE_HOME: join(folder, "state") },
    },
  );
  if (status !== 0) throw new Error(stderr.trim().split("\n").at(-1));
  return JSON.parse(stdout);
}

const percent = (share) => (share === null ? "not known" : `${(share * 100).toFixed(1)} %`);

function row(command, trial, folder) {
  const shown = command
    .map((word) => word.replaceAll(`${folder}/`, ""))
    .join(" ")
    .replaceAll("|", "\\|");
  const { lowShare, likelyShare, highShare } = trial.tried;
  const saved = `${percent(likelyShare)} (${percent(lowShare)} to ${percent(highShare)})`;
  return `| \`${shown}\` | ${saved} | ${percent(trial.coverage)} | ${trial.verdict} |`;
}

function main() {
  const lines = lineCount();
  const folder = mkdtempSync(join(tmpdir(), "crossbill-live-"));
  try {
    fill(folder, lines);
    console.log("| program | saves | coverage | verdict |\n|---|---|---|---|");
    for (const words of programs) {
      const command = words.map((word) =>
        word.replaceAll("$words", join(folder, "words")).replaceAll("$folder", folder),
      );
      console.log(row(command, tried(command, folder), folder));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main();
