import { readFileSync } from "node:fs";
import { type Bill, diffBills, parseBill, parseRule } from "@crossbill/core";
import { expect, test } from "vitest";
import { diffMarkdown, diffText } from "./diff.ts";
import { paintFor } from "./paint.ts";

const file = new URL("../../../core/src/golden/dd.bill.golden.json", import.meta.url);
const bill = parseBill(readFileSync(file, "utf8"));
const hostile = "\u001b[2J|`<b>\n";
const other: Bill = {
  ...bill,
  machine: { ...bill.machine, key: "another" },
  command: [hostile],
  lines: bill.lines.map((line) => ({
    ...line,
    count: line.count + 3,
    target: { ...line.target, path: hostile },
  })),
};
const diff = diffBills(bill, other, [parseRule("boundary>0%"), parseRule("crossings>0")]);
const view = { names: ["a.json", hostile], top: 5 } as const;

test("hostile names reach neither a terminal nor the markup of a page", () => {
  const text = diffText(diff, view, { paint: paintFor(false), width: 80 });
  for (const line of [...text, ...diffMarkdown(diff, view)]) expect(line).not.toMatch(/\p{Cc}/u);
  expect(
    diffMarkdown(diff, view)
      .join("\n")
      .replaceAll(/``[^\n]*?``/g, ""),
  ).not.toContain("<b>");
});

test("other machines are named, their times not judged, and no more lines shown than asked for", () => {
  const text = diffText(diff, view, { paint: paintFor(false), width: 80 }).join("\n");
  expect(text).toContain("the machines differ: counts are compared, times are not");
  expect(text).toMatch(/^not judged +boundary>0%/m);
  expect(text).toContain(`lines that differ (5 of ${diff.lines.length})`);
});
