import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findRecorded } from "./recorded-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recorded-"));
  writeFileSync(join(folder, "words"), "one two three");
  writeFileSync(join(folder, "empty"), "");
  mkdirSync(join(folder, "real"));
  writeFileSync(join(folder, "real", "words"), "one");
  symlinkSync("real", join(folder, "link"));
  symlinkSync("/etc/shadow", join(folder, "shadow"));
  execFileSync("mkfifo", [join(folder, "fifo")]);
});
afterAll(() => rmSync(folder, { recursive: true }));

const find = (name: string, sizeBytes: number | null = null, endedAtMs = Date.now() + 1000) =>
  findRecorded({ path: join(folder, name), sizeBytes, endedAtMs });

test("a regular file is known by its device, inode and size", () => {
  const { dev, ino } = statSync(join(folder, "words"), { bigint: true });
  expect(find("words", 13)).toMatchObject({ device: dev, inode: ino, bytes: 13 });
});

test.each([
  ["shadow", "symbolic link"],
  ["link/words", "leads through a link"],
  ["fifo", "not a regular file"],
  ["real", "not a regular file"],
  ["../../../../../../../dev/zero", "not a regular file"],
  ["gone", "ENOENT"],
  ["words/below", "ENOTDIR"],
  ["empty", "is empty"],
  ["long/".repeat(1000), "too long"],
  ["new\nline", "new\\nline"],
])("%s is refused in one line", (name, why) => {
  const refused = find(name);
  expect(refused).toContain(why);
  expect(refused).not.toContain("\n");
});

test("a file that was changed or cut since is not what was recorded", () => {
  expect(find("words", 14)).toContain("smaller");
  const ended = Date.now() - 60_000;
  expect(find("words", null, ended)).toContain("changed after it was recorded");
  expect(find("words", null, Number.NaN)).toContain("changed after it was recorded");
  utimesSync(join(folder, "real", "words"), new Date(ended - 1000), new Date(ended - 1000));
  expect(find("real/words", null, ended)).toMatchObject({ bytes: 3 });
});
