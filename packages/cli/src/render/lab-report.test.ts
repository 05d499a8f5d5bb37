/** The text and the page of a lab report: as committed, within their width, and safe to show. */
import { readFileSync } from "node:fs";
import { displayWidth, type LabReport, parseLabReport } from "@crossbill/core";
import { describe, expect, test } from "vitest";
import { labPage } from "./lab-page.ts";
import { renderLabReport } from "./lab-report.ts";
import { LAB_WIDTH } from "./wrapped-table.ts";

const file = new URL("../../../core/src/golden/lab.golden.json", import.meta.url);
const report: LabReport = parseLabReport(readFileSync(file, "utf8"));
const render = (shown: LabReport, colour = false) =>
  [...renderLabReport(shown, { colour })].join("");

/** A report in which every free text carries `ending`. */
function poisoned(ending: string): LabReport {
  const fixed = new Set(["schema", "verdict", "role", "kind", "key"]);
  const visit = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return fixed.has(key) ? value : value + ending;
    if (Array.isArray(value)) return value.map((one) => visit(one, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, visit(one, name)]));
  };
  return parseLabReport(JSON.stringify(visit(report, "")));
}

test("the golden report gives the text that is committed", async () => {
  await expect(render(report)).toMatchFileSnapshot("golden/lab.txt");
});

test("every line of the text fits its width, also with names that are too long", () => {
  for (const text of [render(report), render(poisoned(` ${"long".repeat(60)}`))]) {
    for (const line of text.split("\n")) {
      expect(displayWidth(line), line).toBeLessThanOrEqual(LAB_WIDTH);
    }
  }
});

test("the text has question, verdict, table, parameters, errors, break-even, chart and effort", () => {
  const text = render(report);
  for (const { question, analysis } of report.topics) {
    expect(text.replace(/\s+/g, " ")).toContain(question);
    for (const { title } of analysis.charts) expect(text).toContain(title);
  }
  expect(text).toMatch(/^HOLDS: /m);
  expect(text).toMatch(/^fitted +value +95 % interval +unit/m);
  expect(text).toMatch(/error: median [\d.]+ % on the points it was fitted to, [\d.]+ %/);
  expect(text).toMatch(/^break-even: /m);
  expect(text).toMatch(/hollow: not seen by the fit/);
  expect(text).toMatch(/\(\d+ points, \d+ rounds?, [\d.]+ s, /);
});

test("an interrupted report, a missing series and a failed check are said", () => {
  const [topic] = report.topics;
  const [point] = topic?.points ?? [];
  if (topic === undefined || point === undefined) throw new Error("no topic");
  const missing = { ...point, series: "a ring", values: [], missing: "io_uring is off (EPERM)" };
  const checks = [{ check: "a call < a read", holds: false }];
  const stopped = { ...point, series: "b ring", missing: "it was killed" };
  const broken: LabReport = {
    ...report,
    complete: false,
    topics: [
      {
        ...topic,
        points: [missing, stopped],
        analysis: { ...topic.analysis, checks, parameters: [] },
      },
    ],
  };
  const text = render(broken);
  expect(text).toContain("missing: a ring: io_uring is off (EPERM)");
  expect(text).toContain("cut short: b ring: it was killed");
  expect(text).toContain("check failed: a call < a read");
  expect(text).toContain("INTERRUPTED");
  expect(labPage(broken)).toContain("missing: a ring: io_uring is off (EPERM)");
  expect(labPage(broken)).toContain("This run was interrupted");
});

describe("hostile names", () => {
  const hostile = "\u001b]0;x\u0007\n\u202e</script><script>alert(1)</script><img src=x>&'\"";

  test("reach no terminal as they are", () => {
    const text = render(poisoned(hostile));
    const harmful = Array.from(text).filter((one) => one !== "\n" && /^[\p{C}\u200b]$/u.test(one));
    expect(harmful).toEqual([]);
  });

  test("are text in the page, escaped once, and end no element", () => {
    const page = labPage(poisoned(hostile));
    expect(page).not.toContain("alert(1)<");
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u001b");
    expect(page).not.toContain("&amp;lt;");
    expect(page).toContain("&lt;img src=x&gt;&amp;&#39;&quot;");
    // Three scripts of ours: the data, the library, the page's own.
    expect(page.match(/<script/g)).toHaveLength(3);
    expect(page.match(/<\/script>/g)).toHaveLength(3);
  });
});

describe("the page", () => {
  const page = labPage(report).replaceAll("&#39;", "'");

  test("is one file that asks for nothing, of less than a megabyte", () => {
    expect(page.length).toBeLessThan(1e6);
    expect(page).toContain("default-src 'none'");
    expect(page).not.toMatch(/<(link|img|iframe)\b|\bsrc=|@import|url\(/);
  });

  test("has a place for each chart, with its name for those who do not see it", () => {
    for (const { analysis } of report.topics) {
      for (const { title } of analysis.charts) expect(page).toContain(`aria-label="${title}: `);
    }
    const charts = report.topics.flatMap(({ analysis }) => analysis.charts);
    expect(page.match(/class="plot"/g)).toHaveLength(charts.length);
  });
});
