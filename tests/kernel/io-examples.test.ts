/** The programs of examples/io: both versions print the same, and the library's crosses less often. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseBill } from "@crossbill/core";
import { expect, test } from "vitest";
import { pairs, preparePair } from "../../examples/io/programs.js";
import { crossbill, expectEnd, useOwnFolder } from "./command-line.ts";

const folder = useOwnFolder();

/** What a command prints under the recorder, and how often it crossed. */
function billed(command: readonly string[], bill: string): { stdout: string; crossings: number } {
  const ended = crossbill(["run", "--json", bill, "-o", `${bill}.txt`, "--", ...command]);
  expectEnd(ended, { status: 0 });
  const { audit } = parseBill(readFileSync(bill, "utf8"));
  return { stdout: ended.stdout, crossings: audit.entered };
}

test.each(pairs.map((pair) => [pair.name, pair] as const))("%s", (name, pair) => {
  const place = join(folder.path, name);
  mkdirSync(place);
  const commands = preparePair(pair, place, pair.counts.test);
  const plain = billed(commands.plain, join(place, "plain.json"));
  const library = billed(commands.library, join(place, "library.json"));
  expect(library.stdout).toBe(plain.stdout);
  expect(library.stdout).not.toBe("");
  expect(library.crossings).toBeLessThan(plain.crossings);
});
