/** What @crossbill/io holds over many operations, and of what a program forgets: in the end nothing. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-lifetimes-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

/** The figures that a program prints as JSON. */
async function run(program: string, argument: number): Promise<Readonly<Record<string, number>>> {
  const path = join(import.meta.dirname, "programs", program);
  const args = ["--expose-gc", path, String(argument)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder });
  return JSON.parse(stdout);
}

it("nothing grows over 200,000 operations", async () => {
  const grown = await run("io-many-operations.js", 2000);
  expect(grown).toMatchObject({ operations: 200_000, descriptors: 0, mappings: 0 });
  expect(grown["bufferBytes"]).toBeLessThan(64 << 10);
  // Half of them may have left 168 bytes each: less than any Buffer, more than the collector's noise.
  expect(grown["residentBytes"]).toBeLessThan(16 << 20);
});

it("what is forgotten amid its work is given back, once the work has ended", async () => {
  const nothing = { files: 0, sockets: 0, mappings: 0, channels: 0 };
  expect(await run("io-forgotten.js", 23)).toEqual(nothing);
});
