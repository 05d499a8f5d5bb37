import { readdirSync, readFileSync } from "node:fs";
import { errorCodes, warningSchema } from "@crossbill/core";
import { expect, test } from "vitest";
import { verbs } from "../program.ts";
import { completionScripts } from "./completions.ts";
import { errorsPage } from "./errors.ts";
import { exportsPage } from "./exports-page.ts";
import { findingsPage } from "./findings-page.ts";
import { labPages } from "./lab-pages.ts";
import { manualPage } from "./man.ts";

const docs = new URL("../../../../docs/", import.meta.url);
const committed = (name: string) => readFileSync(new URL(name, docs), "utf8");

test("the committed manual page is current (else: npm run build && node tools/generate-docs.js)", () => {
  expect(committed("crossbill.1")).toBe(manualPage());
});

test("the committed completions are current (else: npm run build && node tools/generate-docs.js)", () => {
  for (const [name, script] of completionScripts()) {
    expect(committed(`completions/${name}`)).toBe(script);
  }
});

test("the committed page of findings is current (else: npm run build && node tools/generate-docs.js)", () => {
  expect(committed("findings.md")).toBe(findingsPage());
});

test("the committed page of exports is current (else: npm run build && node tools/generate-docs.js)", () => {
  expect(committed("exports.md")).toBe(exportsPage());
});

test("the committed pages of the lab are current (else: npm run build && node tools/generate-docs.js)", () => {
  const pages = labPages();
  expect(readdirSync(new URL("lab/", docs)).toSorted()).toEqual([...pages.keys()].toSorted());
  for (const [name, page] of pages) expect(committed(`lab/${name}`)).toBe(page);
});

test("manual page and completions know every flag of every command", () => {
  const page = manualPage().replace(/\\-/g, "-");
  for (const { name, flags } of verbs) {
    for (const { option } of flags) {
      const long = option.long ?? "";
      expect(page).toContain(option.flags);
      expect(completionScripts().get("crossbill.bash")).toContain(long);
      expect(completionScripts().get("_crossbill")).toContain(`${long}[`);
      expect(completionScripts().get("crossbill.fish")).toContain(
        `from ${name}'${option.short === undefined ? "" : ` -s ${option.short.slice(1)}`} -l ${long.slice(2)}`,
      );
    }
  }
});

const core = new URL("../../../core/src/", import.meta.url);
const source = (name: string) => readFileSync(new URL(name, core), "utf8");

test("the committed page of errors is current (else: npm run build && node tools/generate-docs.js)", () => {
  expect(committed("errors.md")).toBe(errorsPage(source("errors.ts"), source("bill/warnings.ts")));
});

test("the page of errors knows every error and every warning", () => {
  const page = errorsPage(source("errors.ts"), source("bill/warnings.ts"));
  for (const code of errorCodes) expect(page).toContain(`## ${code}\n`);
  for (const { shape } of warningSchema.options)
    expect(page).toContain(`| \`${shape.code.value}\` |`);
});
