import { readFileSync } from "node:fs";
import {
  type LabReport,
  type Prices,
  parseLabReport,
  parseLabReportOrPrices,
  parsePrices,
  type TopicReport,
} from "@crossbill/core";
import { expect, test } from "vitest";
import { type Comparison, compareFiles } from "./comparison.ts";
import { comparisonLines } from "./render/comparison.ts";
import { paintFor } from "./render/paint.ts";

const golden = (name: string) =>
  readFileSync(new URL(`../../core/src/golden/${name}.golden.json`, import.meta.url), "utf8");
const report: LabReport = parseLabReport(golden("lab"));
const prices: Prices = parsePrices(golden("prices"));
const compareReports = (a: LabReport, b: LabReport) =>
  compareFiles({ kind: "lab report", report: a }, { kind: "lab report", report: b });
const comparePrices = (a: Prices, b: Prices) =>
  compareFiles({ kind: "prices file", prices: a }, { kind: "prices file", prices: b });
const textOf = (comparison: Comparison) =>
  comparisonLines(comparison, ["a.json", "b.json"], paintFor(false)).join("\n");

/** The report with every topic changed. */
function changed(change: (topic: TopicReport) => Partial<TopicReport>): LabReport {
  return { ...report, topics: report.topics.map((topic) => ({ ...topic, ...change(topic) })) };
}

const scaled = (factor: number) =>
  changed(({ analysis }) => ({
    rounds: 3,
    analysis: {
      ...analysis,
      parameters: analysis.parameters.map((one) => ({
        ...one,
        value: {
          low: one.value.likely * factor * 0.9,
          likely: one.value.likely * factor,
          high: one.value.likely * factor * 1.1,
        },
      })),
    },
  }));

test("kinds are told by their schema, and only like is compared with like", () => {
  expect(parseLabReportOrPrices(golden("lab")).kind).toBe("lab report");
  expect(parseLabReportOrPrices(golden("prices")).kind).toBe("prices file");
  expect(() => parseLabReportOrPrices(golden("dd.bill"))).toThrow(/a bill, not a lab report/);
  expect(() =>
    compareFiles({ kind: "lab report", report }, { kind: "prices file", prices }),
  ).toThrow(/cannot be compared/);
});

test("the same prices are the same, twice as dear ones differ by two", () => {
  const same = comparePrices(prices, prices);
  expect(same.machine).toEqual([]);
  expect(new Set(same.figures.map(({ difference }) => difference))).toEqual(
    new Set(["same within noise"]),
  );
  const { low, likely, high } = prices.nullSyscallNs;
  const nullSyscallNs = { low: low * 2, likely: likely * 2, high: high * 2 };
  const dearer = comparePrices(prices, { ...prices, nullSyscallNs });
  expect(dearer.figures[0]).toMatchObject({
    name: "null system call",
    difference: "differs",
    ratio: { likely: 2 },
  });
});

test("parameters of the lab are paired by what they mean; intervals decide", () => {
  const near = compareReports(scaled(1), scaled(1.05)).figures.filter(
    ({ ratio }) => ratio !== null,
  );
  expect(near.length).toBeGreaterThan(5);
  for (const { name, difference } of near) expect(difference, name).toBe("same within noise");
  const far = compareReports(scaled(1), scaled(3)).figures;
  expect(far.filter(({ difference }) => difference === "differs").length).toBeGreaterThan(5);
});

test("one round has no interval, so nothing can be told", () => {
  const once = changed(() => ({ rounds: 1 }));
  const figures = compareReports(once, once).figures;
  expect(new Set(figures.map(({ difference }) => difference))).toEqual(new Set(["cannot tell"]));
});

test("break-evens are paired by their sentence, whatever figures it has", () => {
  const other = changed(({ analysis }) => ({
    analysis: {
      ...analysis,
      breakEvens: analysis.breakEvens.map((one) => ({
        ...one,
        text: one.text.replace(/\d[\d.,]* KiB/g, "3 MiB").replace(/\d[\d.,]*(?! MiB)/g, "77"),
      })),
    },
  }));
  const { figures } = compareReports(report, other);
  expect(figures.filter(({ a, b }) => a === null || b === null)).toEqual([]);
});

test("machines' differences come first, mitigation by mitigation; one-sided topics are named", () => {
  const machine = {
    ...report.machine,
    cpu: "Another\u001b[2J",
    mitigations: { ...report.machine.mitigations, meltdown: "Mitigation: PTI" },
    key: "other",
  };
  const comparison = compareReports(report, { ...report, machine, topics: report.topics.slice(1) });
  expect(comparison.machine.map(({ what }) => what)).toEqual(["CPU", "mitigation meltdown"]);
  const text = textOf(comparison);
  expect(text).toContain("only in a");
  expect(text).not.toContain("\u001b");
  expect(text.indexOf("CPU:")).toBeLessThan(text.indexOf("chunks"));
});

test("hostile figures give neither NaN nor an infinite ratio", () => {
  const zero = { low: 0, likely: 0, high: 0 };
  const huge = { low: 1, likely: 1e308, high: 1e308 };
  const comparison = comparePrices(
    { ...prices, nullSyscallNs: zero, oneByteReadNs: { low: 1e-300, likely: 1e-300, high: 1 } },
    { ...prices, nullSyscallNs: huge, oneByteReadNs: huge },
  );
  expect(JSON.stringify(comparison.figures.slice(0, 2).map(({ ratio }) => ratio))).toBe(
    "[null,null]",
  );
  expect(textOf(comparison)).not.toMatch(/NaN|Infinity/);
});
