/** Lines of a log: those of the file, wherever it is cut into pieces, and none that fills the memory. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UsageError } from "@crossbill/core";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { logLines } from "./log-lines.ts";

const CHUNK_BYTES = 256 * 1024;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-log-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param content one byte a code unit. */
function linesOf(content: string): string[] {
  const file = join(folder, "log");
  writeFileSync(file, content, "latin1");
  return [...logLines(file)];
}

test("a file's lines are read as they are, byte by byte, also where chunks meet", () => {
  const line = fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "\u00ff", "\u0000", "\r", " ") }),
    fc.nat(CHUNK_BYTES / 4).map((length) => "x".repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const content = lines.map((one) => `${one}\n`).join("");
      expect(linesOf(content)).toEqual(lines);
    }),
    { numRuns: 60 },
  );
});

test("what follows the last line's end is a line too, if there is anything", () => {
  expect(linesOf("a\n\nb")).toEqual(["a", "", "b"]);
  expect(linesOf("")).toEqual([]);
});

test("of a line without end the beginning and the end are kept", () => {
  const [first = "", ...others] = linesOf(`begin${"x".repeat(5 * CHUNK_BYTES)}end\nnext`);
  expect(first.length).toBeLessThanOrEqual(CHUNK_BYTES);
  expect(first).toMatch(/^beginx+end$/);
  expect(others).toEqual(["next"]);
});

test("what cannot be read is a usage error", () => {
  expect(() => [...logLines(folder)]).toThrow(UsageError);
  expect(() => [...logLines(join(folder, "absent"))]).toThrow("ENOENT");
});
