/** The golden programs: each gets its finding first, its fixed twin does not, and both print the same. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findingRules, leaveRules, parseBill } from "@crossbill/core";
import { expect, test } from "vitest";
import { goldenCodes, goldenPair } from "../../examples/golden/programs.js";
import { cli, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

/** What a command prints under the recorder, and the codes of what its bill advises, best first. */
function billed(name: string, command: readonly string[]): { advice: string[]; stdout: string } {
  // An empty folder, so that no program finds what another left.
  const cwd = path.join(folder.path, name);
  mkdirSync(cwd);
  const words = [cli, "run", "--json", "bill.json", "-o", "bill.txt", "--", ...command];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd, encoding: "utf8" });
  expect({ status, stderr }, name).toMatchObject({ status: 0 });
  const { findings = [] } = parseBill(readFileSync(path.join(cwd, "bill.json"), "utf8"));
  return { advice: findings.map(({ code }) => code), stdout };
}

test("each golden program belongs to a finding", () => {
  const codes = new Set(findingRules.map(({ code }) => code));
  expect(goldenCodes().filter((code) => !codes.has(code))).toEqual([]);
});

test.each(goldenCodes())("%s: the wasteful program gets it first, its twin does not", (code) => {
  const pair = goldenPair(code, folder.path);
  const wasteful = billed(`${code}-wasteful-billed`, pair.wasteful);
  const fixed = billed(`${code}-fixed-billed`, pair.fixed);
  expect(wasteful.advice[0]).toBe(code);
  expect(fixed.advice).not.toContain(code);
  expect(fixed.stdout, "both print the same").toBe(wasteful.stdout);
});

test("dd: small blocks get a finding first, blocks of 64 KiB none but to leave it", () => {
  const words = path.join(folder.path, "words");
  const made = (bytes: number) => writeFileSync(words, "seven\n".repeat(Math.ceil(bytes / 6)));
  const dd = (size: string) => ["dd", `if=${words}`, "of=/dev/null", `bs=${size}`, "status=none"];
  for (const size of [1, 16, 512]) {
    made(size * 200_003);
    expect(billed(`dd-${size}`, dd(`${size}`)).advice[0]).toBe("small-reads");
  }
  const leave = leaveRules.map(({ code }) => code);
  expect(billed("dd-64K", dd("64K")).advice.filter((code) => !leave.includes(code))).toEqual([]);
});
