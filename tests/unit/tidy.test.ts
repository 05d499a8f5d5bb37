/** Tidy: each rule of tools/tidy.js finds what it is for in a small bad tree, and nothing in a good one. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, expect, test } from "vitest";

const program = path.join(import.meta.dirname, "../../tools/tidy.js");
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Runs tidy on a tree of these files; gives what it printed, line by line. */
function tidy(files: Readonly<Record<string, string | Uint8Array>>): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), "crossbill-tidy-"));
  folders.push(folder);
  execFileSync("git", ["init", "-q", folder]);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  const run = spawnSync(process.execPath, [program, folder], { encoding: "utf8" });
  const lines = run.stdout.split("\n").filter((line) => line !== "");
  expect(run.status, run.stderr).toBe(lines.length === 0 ? 0 : 1);
  return lines;
}

const about = "/** bill: prices a recording. */\n";

test("a good tree has no findings", () => {
  const findings = tidy({
    "packages/core/src/bill.ts": `${about}import { z } from "zod";\nimport "./prices.ts";\n`,
    "packages/recorder/src/start.ts": `${about}import { makeBill } from "@crossbill/core";\n`,
    "packages/cli/src/run.ts": `${about}import { identify } from "@crossbill/lab";\n`,
    "packages/core/src/golden.test.ts": 'import { readFileSync } from "node:fs";\n',
    "packages/recorder/src/native/stream.c": "/* stream: writes. */\n",
    "packages/recorder/src/native/generated/record.x86_64.lskel.h": "\n".repeat(1000),
    "README.md": "# One\n\n```sh\n# a comment, no title\n```\n\n## Two\n",
    "picture.png": new Uint8Array(1000),
  });
  expect(findings).toEqual([]);
});

test.each(["utils.ts", "helpers/bill.ts", "common.h", "misc.c", "types.ts", "constants.test.ts"])(
  "a file named %s is told to be named after the thing in it",
  (name) => {
    const findings = tidy({ [`packages/core/src/${name}`]: about });
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain("name the file after the thing in it");
  },
);

test("a file of 400 lines is allowed and one of 401 is not", () => {
  const findings = tidy({
    "packages/core/src/long.ts": about.repeat(400),
    "packages/core/src/longer.ts": about.repeat(401),
  });
  expect(findings).toEqual([
    "packages/core/src/longer.ts: 401 lines, more than 400; find the second idea and give it a file",
  ]);
});

test("a line of more than 120 columns is found, a tab counting as eight", () => {
  const findings = tidy({
    "packages/core/src/wide.ts": `${about}// ${"x".repeat(117)}\n// ${"x".repeat(118)}\n`,
    "packages/recorder/src/native/wide.c": `/* wide */\n\t/* ${"x".repeat(107)} */\n`,
  });
  expect(findings.map((finding) => finding.split(";")[0])).toEqual([
    "packages/core/src/wide.ts:3: 121 columns, more than 120",
    "packages/recorder/src/native/wide.c:2: 121 columns, more than 120",
  ]);
});

test.each([
  ["core", "@crossbill/recorder"],
  ["recorder", "@crossbill/lab"],
  ["native", "@crossbill/recorder"],
  ["cli", "@crossbill/native"],
  ["lab", "crossbill"],
])("%s may not import %s", (own, target) => {
  const findings = tidy({ [`packages/${own}/src/bill.ts`]: `${about}import "${target}";\n` });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatch(/^packages\/\w+\/src\/bill\.ts:2: \w+ may import .*; move what both/);
});

test("a relative import, static or not, may not leave its package", () => {
  const findings = tidy({
    "packages/cli/src/bill.ts": `${about}export { a } from "../../core/src/a.ts";\nawait import("../../x.ts");\n`,
  });
  expect(findings).toEqual([
    "packages/cli/src/bill.ts:2: ../../core/src/a.ts leaves the package; import another package by its name",
    "packages/cli/src/bill.ts:3: ../../x.ts leaves the package; import another package by its name",
  ]);
});

test("core may use Node in its tests only", () => {
  const findings = tidy({
    "packages/core/src/bill.ts": `${about}import { readFileSync } from "node:fs";\n`,
    "packages/lab/src/bill.ts": `${about}import { readFileSync } from "node:fs";\n`,
  });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toContain("core runs anywhere, so not node:fs");
});

test("a source file of a package says what it is in its first line", () => {
  const findings = tidy({
    "packages/core/src/bill.ts": "export {};\n",
    "packages/recorder/src/native/stream.h": "#pragma once\n",
    "packages/core/src/bill.test.ts": 'import "./bill.ts";\n',
  });
  expect(findings).toHaveLength(2);
  for (const finding of findings) expect(finding).toContain(":1: the first line is no comment");
});

test("leftovers are found wherever they are", () => {
  const findings = tidy({
    "packages/core/src/bill.ts": `${about}// TODO: the rest\nexport {}; // FIXME\n`,
    "tests/unit/bill.test.ts": 'test.only("x", () => {});\nit.todo("y");\n',
    "docs/bill.md": "# Bill\n\nXXX\n",
    "packages/lab/src/file.ts": `${about}export const template = "crossbill-XXXXXX";\n`,
  });
  const places = findings.map((finding) => finding.split(": ").slice(0, 2).join(" "));
  expect(places.toSorted()).toEqual([
    "docs/bill.md:3 XXX",
    "packages/core/src/bill.ts:2 TODO",
    "packages/core/src/bill.ts:3 FIXME",
    "tests/unit/bill.test.ts:1 test.only(",
    "tests/unit/bill.test.ts:2 it.todo",
  ]);
});

test("a page has one title, and comments in its code are none", () => {
  const findings = tidy({ "docs/a.md": "# One\n~~~\n# comment\n~~~\n# Two\n" });
  expect(findings).toHaveLength(1);
  expect(findings[0]).toContain("docs/a.md:5: a page has one title");
});

test("a binary file of more than 256 KiB is found, a text of that size is not", () => {
  const findings = tidy({
    "picture.png": new Uint8Array(256 * 1024 + 1),
    "data.json": " ".repeat(256 * 1024 + 1),
  });
  expect(findings).toEqual([
    "picture.png: 257 KiB of binary; commit what makes it, and make it when needed",
  ]);
});

test("a path of one developer's machine is found", () => {
  const findings = tidy({
    "docs/a.md": "# A\n\nSee /home/jane/crossbill and https://example.org/home/page.\n",
  });
  expect(findings).toEqual([
    "docs/a.md:3: /home/jane is one machine's path; write it relative to the repository",
  ]);
});

test("the path of the checkout itself is found", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "crossbill-tidy-"));
  folders.push(folder);
  execFileSync("git", ["init", "-q", folder]);
  writeFileSync(path.join(folder, "a.md"), `# A\n\ncd ${folder}\n`);
  const run = spawnSync(process.execPath, [program, folder], { encoding: "utf8" });
  expect(run.status).toBe(1);
  expect(run.stdout).toContain("a.md:3: ");
});
