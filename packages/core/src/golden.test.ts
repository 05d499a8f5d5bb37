/** Golden recordings: their bills stay as committed, and published schemas describe both. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { makeBill } from "./bill.ts";
import { jsonSchemas } from "./json-schemas.ts";
import { parseBill, parseLabReport, parsePrices, parseRecording } from "./read-file.ts";

const folder = path.join(import.meta.dirname, "golden");
const schemaFolder = path.join(import.meta.dirname, "../../../docs/schemas");
const text = (file: string) => readFileSync(path.join(folder, file), "utf8");
const prices = parsePrices(text("prices.golden.json"));
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".recording.golden.json"))
  .map((file) => file.replace(".recording.golden.json", ""));

/** Compiled from the committed file, which is what users have. */
function published(name: string): (value: unknown) => unknown {
  const schema: unknown = JSON.parse(
    readFileSync(path.join(schemaFolder, `${name}.schema.json`), "utf8"),
  );
  if (typeof schema !== "object" || schema === null) throw new Error(`${name}: no schema`);
  const ajv = new Ajv2020({ allErrors: false, strict: true, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  return (value) => (validate(value) ? null : validate.errors);
}

test("there are golden recordings", () => {
  expect(names.length).toBeGreaterThanOrEqual(4);
});

test.each(names)("the bill of %s is as committed", async (name) => {
  const bill = makeBill(parseRecording(text(`${name}.recording.golden.json`)), prices);
  const written = `${JSON.stringify(bill, null, 1)}\n`;
  await expect(written).toMatchFileSnapshot(path.join(folder, `${name}.bill.golden.json`));
  expect(parseBill(written)).toEqual(bill);
});

test.each(Object.keys(jsonSchemas()))("the published schema of %s is current", (name) => {
  const file = readFileSync(path.join(schemaFolder, `${name}.schema.json`), "utf8");
  const made: unknown = JSON.parse(JSON.stringify(jsonSchemas()[name]));
  expect(JSON.parse(file)).toEqual(made);
});

test("the published schemas accept every golden file", () => {
  expect(published("prices")(prices)).toBeNull();
  expect(published("lab")(parseLabReport(text("lab.golden.json")))).toBeNull();
  const [recording, bill] = [published("recording"), published("bill")];
  for (const name of names) {
    expect(recording(JSON.parse(text(`${name}.recording.golden.json`)))).toBeNull();
    expect(bill(JSON.parse(text(`${name}.bill.golden.json`)))).toBeNull();
  }
});

test("the published schemas refuse what the reader refuses", () => {
  const sound: unknown = JSON.parse(text("dd.recording.golden.json"));
  if (typeof sound !== "object" || sound === null) throw new Error("no recording");
  const recording = published("recording");
  expect(recording({ ...sound, recorder: "dtrace" })).not.toBeNull();
  expect(recording({ ...sound, elapsedNs: -1 })).not.toBeNull();
  expect(recording({ ...sound, lines: [{}] })).not.toBeNull();
});
