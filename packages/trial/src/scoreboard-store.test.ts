import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TRIAL_SCHEMA, type Trial } from "@crossbill/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { appendTrial, loadTrials, scoreboardPath } from "./scoreboard-store.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scoreboard-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const shares = { lowShare: 0.1, likelyShare: 0.2, highShare: 0.3 };
const trial: Trial = {
  schema: TRIAL_SCHEMA,
  triedAt: "2024-01-01T00:00:00.000Z",
  machineKey: "key",
  kind: "replay",
  finding: "small-reads",
  command: ["program", "a b\nc"],
  predicted: shares,
  tried: shares,
  unchangedErrorShare: 0.01,
  coverage: null,
  verdict: "confirmed",
  why: "it saves 20.0 % of the elapsed time",
};

test("trials come back as they were, oldest first", () => {
  expect(loadTrials(folder)).toMatchObject({ trials: [], unreadable: 0, why: null });
  appendTrial(trial, folder);
  appendTrial({ ...trial, finding: null, kind: "live", coverage: 0.5 }, folder);
  const { trials } = loadTrials(folder);
  expect(trials[0]).toEqual(trial);
  expect(trials.map(({ kind }) => kind)).toEqual(["replay", "live"]);
});

test("a line that a crash cut off costs that line alone", () => {
  appendTrial(trial, folder);
  const path = scoreboardPath(folder);
  appendFileSync(path, readFileSync(path).subarray(0, 100));
  appendTrial(trial, folder);
  expect(loadTrials(folder)).toMatchObject({ trials: [trial, trial], unreadable: 1 });
});

test("of a very long command line the beginning is kept", () => {
  appendTrial({ ...trial, command: ["program", "x".repeat(1e6), "y"] }, folder);
  const [kept] = loadTrials(folder).trials;
  expect(kept?.command[0]).toBe("program");
  expect(kept?.command.join(" ").length).toBeLessThanOrEqual(2001);
});

test("a file that others may write, or a link, is neither read nor appended to", () => {
  const path = scoreboardPath(folder);
  writeFileSync(path, "");
  chmodSync(path, 0o666);
  expect(loadTrials(folder)).toMatchObject({ trials: [], why: "other users may write to it" });
  expect(() => appendTrial(trial, folder)).toThrow("other users may write to it");
  rmSync(path);
  symlinkSync(join(folder, "elsewhere"), path);
  expect(loadTrials(folder).why).toBe("it is a symbolic link");
  expect(() => appendTrial(trial, folder)).toThrow("ELOOP");
});
