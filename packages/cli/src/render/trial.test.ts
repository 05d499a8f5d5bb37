import { displayWidth, type Finding, TRIAL_SCHEMA, type Trial } from "@crossbill/core";
import type { ReplayFigures, ReplayOutcome } from "@crossbill/trial";
import { expect, test } from "vitest";
import { paintFor } from "./paint.ts";
import { trialLines } from "./trial.ts";

const finding: Finding = {
  ...{ code: "small-reads", title: "small sequential reads", boundShare: 1 },
  ...{ evidence: {}, fix: "", beware: "", trial: "replay", program: "dd", processes: [0] },
  saving: { lowNs: 1, likelyNs: 2, highNs: 3, likelyShare: 0.5 },
  ...{ syscalls: ["read"], subject: null, sites: [] },
};
const trial: Trial = {
  ...{ schema: TRIAL_SCHEMA, triedAt: "", machineKey: "key", kind: "replay" },
  ...{ finding: "small-reads", command: ["dd"], coverage: null, unchangedErrorShare: 0.0204 },
  predicted: { lowShare: 0.3, likelyShare: 0.353, highShare: 0.4 },
  tried: { lowShare: -0.01, likelyShare: 0.361, highShare: 0.37 },
  ...{ verdict: "confirmed", why: "it saves 36.1 % of the elapsed time" },
};
const figures: ReplayFigures = {
  ...{ path: "/tmp/words", coveredShare: 1, order: "recorded", isCold: false, isScratch: false },
  ...{ calls: 18_751, recordedCalls: 18_751, recordedNs: 10.6e6, unchangedNs: 10.1e6 },
  ...{ unchangedCalls: 18_751, changedNs: 61e4, changedCalls: 1, pairs: 9 },
  changedBy: "one read of 64 KiB serves many",
};

function said(change: Partial<ReplayFigures> = {}, outcome?: ReplayOutcome): string {
  const shown = outcome ?? { kind: "tried" as const, trial, figures: { ...figures, ...change } };
  const lines = trialLines(finding, shown, paintFor(false));
  for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(80);
  return lines.map((line) => line.trim()).join(" ");
}

test("what is replayed, how true that is, and what the fix came to beside the prediction", () => {
  expect(said()).toBe(
    "small-reads: small sequential reads " +
      "/tmp/words: 18,751 calls in their recorded order; in the page cache " +
      "unchanged: 10.1 ms for 10.6 ms recorded, an error of 2.0 % of the elapsed time; " +
      "18,751 system calls " +
      "changed: 610 us, 1 system call, as one read of 64 KiB serves many (9 pairs) " +
      "saves of the elapsed time: predicted 35.3 % (30.0 % to 40.0 %), " +
      "tried 36.1 % (-1.0 % to 37.0 %) " +
      "confirmed: it saves 36.1 % of the elapsed time",
  );
});

test("what is less than the whole, or other than recorded, is said", () => {
  expect(said({ coveredShare: 0.75 })).toContain("/tmp/words, 75.0 % of what the finding is about");
  expect(said({ calls: 1000 })).toContain("the first 1,000 of 18,751 calls");
  expect(said({ order: "shaped" })).toContain("in a made-up order (record with --sequence");
  expect(said({ isCold: true })).toContain("page cache emptied of it before each run");
  expect(said({ isScratch: true })).toContain("written to a scratch file");
});

test("names from a recording reach no terminal as they are", () => {
  expect(said({ path: "/tmp/\u001b[2J" })).toContain("\\x1b[2J");
});

test("why nothing was tried, and what may be tried instead", () => {
  const refused: ReplayOutcome = { kind: "refused", finding: "small-reads", why: "it is a pipe" };
  expect(said({}, refused)).toBe(
    "small-reads: small sequential reads not replayed: it is a pipe; to try it in the program: " +
      "crossbill try --live --finding small-reads -- COMMAND",
  );
  const other = trialLines({ ...finding, code: "copy-loop" }, refused, paintFor(false));
  expect(other.at(-1)?.trim()).toBe("not replayed: it is a pipe");
});
