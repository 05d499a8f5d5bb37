import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { missingInterpreter } from "./missing-interpreter.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-interpreter-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function script(text: string): string {
  const path = join(folder, "script");
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

test.each([
  ["#!/nowhere/python3\nprint()\n", "/nowhere/python3"],
  ["#! /nowhere/python3 -u\n", "/nowhere/python3"],
  ["#!/nowhere/python3\r\n", "/nowhere/python3\r"],
  ["#!/nowhere/caf\u00e9", "/nowhere/caf\u00e9"],
  ["#!/bin/sh\n", null],
  ["#!\n", null],
  ["echo\n", null],
  ["", null],
])("%j misses %j", (text, missing) => {
  expect(missingInterpreter(script(text))).toBe(missing);
});

test("the script is looked for where the command would be", () => {
  script("#!/nowhere/perl\n");
  expect(missingInterpreter("script", `/nonexistent:${folder}:/bin`)).toBe("/nowhere/perl");
  expect(missingInterpreter("script", "/nonexistent")).toBeNull();
  expect(missingInterpreter(folder)).toBeNull();
  expect(missingInterpreter(join(folder, "absent"))).toBeNull();
});
