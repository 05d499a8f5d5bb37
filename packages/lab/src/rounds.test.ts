import { expect, test } from "vitest";
import { beginsRound, FEWEST_ROUNDS, MOST_ROUNDS, type Spent } from "./rounds.ts";

const planned: Spent = {
  mode: "full",
  rounds: 0,
  spentMs: 0,
  roundMs: 10_000,
  budgetMs: 45_000,
  leftMs: 100_000,
};

/** Rounds of a topic of which each takes `ms`, in a run that has `leftMs` for it. */
function roundsOf(ms: number, leftMs: number, mode: Spent["mode"] = "full"): number {
  let rounds = 0;
  const spent = () => ({
    ...planned,
    mode,
    rounds,
    spentMs: rounds * ms,
    leftMs: leftMs - rounds * ms,
  });
  while (beginsRound(spent())) rounds += 1;
  return rounds;
}

test("a quiet machine fills the topic's budget, and makes no more rounds than help", () => {
  expect(roundsOf(10_000, 100_000)).toBe(5);
  expect(roundsOf(1000, 100_000)).toBe(MOST_ROUNDS.full);
  expect(roundsOf(1000, 100_000, "quick")).toBe(MOST_ROUNDS.quick);
});

test("a slow one makes the rounds that an interval needs while the whole run has time", () => {
  expect(roundsOf(30_000, 200_000)).toBe(FEWEST_ROUNDS.full);
});

test("without time in the whole run a topic still makes one round, and no other", () => {
  expect(roundsOf(30_000, 70_000)).toBe(2);
  expect(roundsOf(30_000, 0)).toBe(1);
  expect(roundsOf(30_000, 0, "quick")).toBe(1);
});
