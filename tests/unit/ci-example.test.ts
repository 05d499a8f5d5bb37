/** The example for continuous integration: real YAML, a real budget, and commands that exist. */
import { readFileSync } from "node:fs";
import { parseBudget, parseRule, readLimits } from "@crossbill/core";
import { verbs } from "crossbill";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const read = (name: string) =>
  readFileSync(new URL(`../../examples/ci/${name}`, import.meta.url), "utf8");
const workflowSchema = z.object({
  on: z.literal("pull_request"),
  jobs: z.object({
    crossings: z.object({
      steps: z.array(z.object({ uses: z.string().optional(), run: z.string().optional() })),
    }),
  }),
});
const commands = () =>
  workflowSchema
    .parse(parse(read("crossings.yml")))
    .jobs.crossings.steps.flatMap(({ run }) => (run === undefined ? [] : [run]));

test("every crossbill command of the workflow exists, with its flags", () => {
  const used = commands().flatMap((run) => [...run.matchAll(/crossbill (\w+) (.*?)(?: -- |$)/gms)]);
  expect(used.map(([, name]) => name)).toEqual(["check", "run", "run", "diff"]);
  for (const [, name, words = ""] of used) {
    const verb = verbs.find((one) => one.name === name);
    const known = verb?.flags.map(({ option }) => option.long) ?? [];
    for (const [flag] of words.matchAll(/--[a-z][a-z-]+/g)) expect(known).toContain(flag);
  }
});

test("the rules and the budget of the example are read", () => {
  const rules = commands().flatMap((run) => [...run.matchAll(/--fail-on "([^"]+)"/g)]);
  expect(rules.map(([, rule = ""]) => parseRule(rule).text)).toHaveLength(2);
  expect(readLimits(parseBudget(read("budget.json")))).toHaveLength(3);
});
