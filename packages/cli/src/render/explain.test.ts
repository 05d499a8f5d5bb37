/** explain: a screenful, however much there is to say; with --all everything. */
import { readFileSync } from "node:fs";
import { displayWidth, parseLabReport } from "@crossbill/core";
import type { Experiment } from "@crossbill/lab";
import { expect, test } from "vitest";
import { explainLines, type KnownTopic, SCREEN_LINES, wholeExplanation } from "./explain.ts";
import { paintFor } from "./paint.ts";
import { LAB_WIDTH } from "./wrapped-table.ts";

const file = new URL("../../../core/src/golden/lab.golden.json", import.meta.url);
const { machine, measuredAt, topics } = parseLabReport(readFileSync(file, "utf8"));
const plain = paintFor(false);

/** Everything of a topic `times` over, as a topic of many ways has it. */
function known(topic: (typeof topics)[number], times: number): KnownTopic {
  const repeated = <Item>(items: readonly Item[]): Item[] =>
    Array.from({ length: times }, () => items).flat();
  const { analysis } = topic;
  const many = {
    ...analysis,
    claims: repeated(analysis.claims).map((one) => ({ ...one, why: one.why.repeat(times) })),
    breakEvens: repeated(analysis.breakEvens),
    parameters: repeated(analysis.parameters),
  };
  return { topic: { ...topic, analysis: many }, machine, quick: false, measuredAt };
}

function experimentOf({ name, title, question }: (typeof topics)[number]): Experiment {
  const background = ["first ".repeat(60), "second ".repeat(60)];
  const unused = () => {
    throw new Error("it only explains");
  };
  return {
    ...{ name, title, question, background, claim: "", budgetSeconds: 1 },
    ...{ plan: unused, analyse: unused },
  };
}

test("a topic takes a screenful, and says how much more there is", () => {
  for (const topic of topics) {
    for (const times of [1, 3, 20]) {
      const lines = explainLines(experimentOf(topic), known(topic, times), plain);
      expect(lines.length).toBeLessThanOrEqual(SCREEN_LINES);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(LAB_WIDTH);
      const text = lines.join(" ").replaceAll(/\s+/g, " ");
      expect(text).toContain(topic.question);
      expect(text).toMatch(/HOLDS: |CANNOT TELL HERE: |DOES NOT HOLD: /);
      expect(text).toContain("first first");
      expect(text).not.toContain("second second");
      expect(text).toContain(`1 paragraph more: crossbill explain ${topic.name} --all`);
    }
  }
});

test("--all leaves nothing out", () => {
  for (const topic of topics) {
    const whole = wholeExplanation(experimentOf(topic), known(topic, 3), plain);
    const text = whole.join(" ").replaceAll(/\s+/g, " ");
    const { claims, breakEvens, models } = topic.analysis;
    const said = [...claims.map(({ claim }) => claim), ...breakEvens.map((one) => one.text)];
    for (const one of [...said, ...models.map(({ formula }) => formula), "second second"]) {
      expect(text).toContain(one);
    }
  }
});
