import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBill, parseBill, parsePrices, parseRecording, UsageError } from "@crossbill/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openBillOutputs } from "./bill-output.ts";

const golden = new URL("../../core/src/golden/", import.meta.url);
const read = (name: string) => readFileSync(new URL(`${name}.golden.json`, golden), "utf8");
const recording = parseRecording(read("dd.recording"));
const bill = makeBill(recording, parsePrices(read("prices")));
const view = { top: 10, by: null, trace: null, all: false };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-outputs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("an output that fails takes none of the others with it, and is told", () => {
  const [json, text] = [join(folder, "bill.json"), join(folder, "bill.txt")];
  const outputs = openBillOutputs({ bill: text, json, recording: "/dev/full" }, view);
  expect(() => outputs.write(recording, bill)).toThrow(/ENOSPC/);
  expect(parseBill(readFileSync(json, "utf8"))).toEqual(bill);
  expect(readFileSync(text, "utf8")).toContain("audit: entered");
  expect(readdirSync(folder).toSorted()).toEqual(["bill.json", "bill.txt"]);
});

test("when one cannot be opened none is, and nothing stays behind", () => {
  const names = {
    bill: join(folder, "missing/bill.txt"),
    json: join(folder, "a"),
    recording: null,
  };
  expect(() => openBillOutputs(names, view)).toThrow(UsageError);
  expect(readdirSync(folder)).toEqual([]);
});

test("two outputs of one name are refused", () => {
  const same = join(folder, "bill");
  const names = { bill: same, json: same, recording: null };
  expect(() => openBillOutputs(names, view)).toThrow(/same name/);
  expect(readdirSync(folder)).toEqual([]);
});
