import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@crossbill/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readInput } from "./input-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-input-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("characters of several bytes come through wherever the pieces are cut", () => {
  const [path, text] = [join(folder, "bill"), `x${"\u00e9\u{1f426}".repeat(100_003)}`];
  writeFileSync(path, text);
  expect(readInput(path)).toBe(text);
});

test("a file may have as many bytes as are allowed, and not one more", () => {
  const path = join(folder, "bill");
  writeFileSync(path, "x".repeat(1000));
  expect(readInput(path, 1000)).toHaveLength(1000);
  expect(() => readInput(path, 999)).toThrow(UsageError);
});

test("a device without an end is refused", () => {
  expect(() => readInput("/dev/zero", 2 ** 20)).toThrow(/\/dev\/zero is larger than 1 MiB/);
});

test.each(["missing", "."])("%j cannot be read, which is a usage error", (name) => {
  expect(() => readInput(join(folder, name))).toThrow(/cannot read .*: E(NOENT|ISDIR)/);
});
