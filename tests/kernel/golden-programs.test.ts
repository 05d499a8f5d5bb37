/** The golden programs: each gets its finding first, its fixed twin does not, and both print the same. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findingRules, leaveRules, parseBill } from "@crossbill/core";
import { expect, test } from "vitest";
import { goldenCodes, goldenPair } from "../../examples/golden/programs.js";
import { cli, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

/** Runs it in an empty folder, so that no program finds what another left. */
function runIn(name: string, [program = "", ...args]: readonly string[]) {
  const cwd = path.join(folder.path, name);
  mkdirSync(cwd);
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8" });
  expect({ status, stderr }, name).toMatchObject({ status: 0 });
  return { cwd, stdout };
}

/** The codes of what a command's bill advises, best first. */
function adviceOn(name: string, command: readonly string[]): string[] {
  const crossbill = [process.execPath, cli, "run", "--json", "bill.json", "-o", "bill.txt", "--"];
  const { cwd } = runIn(name, [...crossbill, ...command]);
  const { findings = [] } = parseBill(readFileSync(path.join(cwd, "bill.json"), "utf8"));
  return findings.map(({ code }) => code);
}

test("each golden program belongs to a finding", () => {
  const codes = new Set(findingRules.map(({ code }) => code));
  expect(goldenCodes().filter((code) => !codes.has(code))).toEqual([]);
});

test.each(goldenCodes())("%s: the wasteful program gets it first, its twin does not", (code) => {
  const pair = goldenPair(code, folder.path);
  expect(adviceOn(`${code}-wasteful-billed`, pair.wasteful)[0]).toBe(code);
  expect(adviceOn(`${code}-fixed-billed`, pair.fixed)).not.toContain(code);
});

test.each(goldenCodes())("%s: both programs print the same", (code) => {
  const pair = goldenPair(code, folder.path);
  const wasteful = runIn(`${code}-wasteful-alone`, pair.wasteful);
  expect(runIn(`${code}-fixed-alone`, pair.fixed).stdout).toBe(wasteful.stdout);
});

test("dd: small blocks get a finding first, blocks of 64 KiB none but to leave it", () => {
  const words = path.join(folder.path, "words");
  const made = (bytes: number) => writeFileSync(words, "seven\n".repeat(Math.ceil(bytes / 6)));
  const dd = (size: string) => ["dd", `if=${words}`, "of=/dev/null", `bs=${size}`, "status=none"];
  for (const size of [1, 16, 512]) {
    made(size * 200_003);
    expect(adviceOn(`dd-${size}`, dd(`${size}`))[0]).toBe("small-reads");
  }
  const leave = leaveRules.map(({ code }) => code);
  expect(adviceOn("dd-64K", dd("64K")).filter((code) => !leave.includes(code))).toEqual([]);
});
