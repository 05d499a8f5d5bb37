import { readFileSync } from "node:fs";
import {
  type Bill,
  displayWidth,
  type Finding,
  makeBill,
  parsePrices,
  parseRecording,
} from "@crossbill/core";
import { expect, test } from "vitest";
import { findingsSection } from "./findings-section.ts";
import { paintFor } from "./paint.ts";

const golden = new URL("../../../core/src/golden/", import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}.golden.json`, golden), "utf8");
const advised = makeBill(parseRecording(read("dd.recording")), parsePrices(read("prices")));
/** One finding, whatever else may be found in the recording. */
const dd: Bill = {
  ...advised,
  findings: (advised.findings ?? []).filter(({ code }) => code === "small-reads"),
  setAside: [],
};
const render = (bill: Bill, all = false, width = 80) =>
  findingsSection(bill, paintFor(false), { all, width });

function only(fields: Partial<Finding>): Bill {
  const [finding] = dd.findings ?? [];
  if (finding === undefined) throw new Error("the bill has no finding");
  return { ...dd, findings: [{ ...finding, ...fields }] };
}

test("a finding says what it saves, on what, how to do it and what proves it", () => {
  const text = render(dd).join("\n");
  expect(text).toMatch(
    /^what would save elapsed time\n +\d+ % {2}small sequential reads \[small-reads\]/,
  );
  expect(text).toContain("dd read /dev/zero");
  expect(text).toContain("calls 500,000, bytes 244 MiB, average bytes 512 B");
  expect(text).toContain("proof: crossbill try BILL.json --finding small-reads");
  expect(text).not.toContain("Python:");
  for (const line of render(dd)) expect(displayWidth(line)).toBeLessThanOrEqual(80);
});

test("the fix is in the program's language, and in all of them on demand", () => {
  expect(render(only({ program: "node" })).join("\n")).toContain("Node: ");
  expect(render(only({ program: "python3" })).join("\n")).toContain("Python: ");
  const all = render(dd, true).join("\n");
  for (const language of ["C", "Node", "Python", "Go"]) expect(all).toContain(`${language}: `);
});

test("three findings are shown, the rest counted", () => {
  const [finding] = dd.findings ?? [];
  if (finding === undefined) throw new Error("the bill has no finding");
  const bill = { ...dd, findings: Array.from({ length: 5 }, () => finding) };
  expect(render(bill).filter((line) => line.includes("[small-reads]"))).toHaveLength(3);
  expect(render(bill).at(-1)).toBe("  and 2 more: --all");
  expect(render(bill, true).filter((line) => line.includes("[small-reads]"))).toHaveLength(5);
});

test("without findings it says to leave it, and on demand what was looked at", () => {
  const [finding] = dd.findings ?? [];
  if (finding === undefined) throw new Error("the bill has no finding");
  const bill: Bill = { ...dd, findings: [], setAside: [{ ...finding, why: "small" }] };
  expect(render(bill)).toEqual(["leave it: nothing found that would save 3 % of the elapsed time"]);
  expect(render(bill, true).at(-1)).toMatch(/too small +small-reads +dd \/dev\/zero$/);
});

test("bills from before there was advice have no such section", () => {
  const { findings: _findings, ...older } = dd;
  expect(render(older)).toEqual([]);
});
