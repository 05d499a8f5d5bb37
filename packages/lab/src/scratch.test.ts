import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeScratch } from "./scratch.ts";

test("folders of dead runs are removed, those of living ones and of others stay", () => {
  const parent = mkdtempSync(join(tmpdir(), "scratch-"));
  // Process identifiers end at 4,194,304 (PID_MAX_LIMIT), so this one never lived.
  const [dead, deadTrial, alive, other] = [
    "crossbill-lab-4999999-x",
    "crossbill-trial-4999999-x",
    `crossbill-lab-${process.pid}-x`,
    "mine",
  ];
  for (const name of [dead, deadTrial, alive, other]) mkdirSync(join(parent, name));
  const { folder, remove } = makeScratch({ parent });
  const stays = (name: string) => existsSync(join(parent, name));
  expect([dead, deadTrial].some(stays)).toBe(false);
  expect([alive, other].every(stays)).toBe(true);
  expect(existsSync(folder)).toBe(true);
  remove();
  expect(existsSync(folder)).toBe(false);
  rmSync(parent, { recursive: true });
});
