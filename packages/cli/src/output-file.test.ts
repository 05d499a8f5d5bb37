import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@crossbill/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openOutput } from "./output-file.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-output-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a file appears when it is written, whole and with nothing beside it", () => {
  const path = join(folder, "bill.json");
  const output = openOutput(path);
  expect(existsSync(path)).toBe(false);
  output.write(["one ", "two"]);
  expect(readFileSync(path, "utf8")).toBe("one two");
  expect(readdirSync(folder)).toEqual(["bill.json"]);
});

test("a discarded output leaves the old file and nothing else", () => {
  const path = join(folder, "bill.json");
  writeFileSync(path, "old");
  openOutput(path).discard();
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["bill.json"]);
});

test("a failure in the middle leaves the old file and nothing else", () => {
  const path = join(folder, "bill.json");
  writeFileSync(path, "old");
  function* broken(): Generator<string> {
    yield "new".repeat(100_000);
    throw new Error("broken");
  }
  expect(() => openOutput(path).write(broken())).toThrow("broken");
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(readdirSync(folder)).toEqual(["bill.json"]);
});

test("a replaced file keeps its mode, and a link stays a link", () => {
  const path = join(folder, "bill.json");
  writeFileSync(path, "old");
  chmodSync(path, 0o640);
  symlinkSync(path, join(folder, "link"));
  openOutput(join(folder, "link")).write(["new"]);
  expect(readFileSync(path, "utf8")).toBe("new");
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(lstatSync(join(folder, "link")).isSymbolicLink()).toBe(true);
});

test("a device is written in place", () => {
  openOutput("/dev/null").write(["away"]);
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("a name that is not UTF-8 is written under its own bytes", () => {
  openOutput(join(folder, "caf\udce9")).write(["x"]);
  expect(readdirSync(folder, "buffer").map((name) => name.toString("latin1"))).toEqual([
    "caf\u00e9",
  ]);
});

test.each(["missing/bill.json", "."])(
  "%j cannot be written, which is found out at once",
  (name) => {
    expect(() => openOutput(join(folder, name))).toThrow(UsageError);
  },
);

test("an empty name is refused before anything is opened", () => {
  expect(() => openOutput("")).toThrow(/name of an output file is empty/);
  expect(readdirSync(folder)).toEqual([]);
});
