/** Read file: turns the text of a recording, a bill or prices into checked data, or says what is wrong. */
import type { z } from "zod";
import { BILL_SCHEMA, type Bill, billSchema } from "./bill/shape.ts";
import { BUDGET_SCHEMA, type Budget, budgetSchema } from "./budget/shape.ts";
import { RecordingError } from "./errors.ts";
import { LAB_SCHEMA, type LabReport, labReportSchema } from "./lab-report.ts";
import { PRICES_SCHEMA, type Prices, pricesSchema } from "./prices.ts";
import { printable } from "./printable.ts";
import { RECORDING_SCHEMA, type Recording, recordingSchema } from "./recording.ts";
import { checkReferences } from "./recording-references.ts";
import { TRIAL_SCHEMA, type Trial, trialSchema } from "./trial.ts";

interface FileKind<T> {
  /** What it is called in messages. */
  readonly what: string;
  /** Name and version, such as "crossbill.bill/1". */
  readonly schemaName: string;
  readonly schema: z.ZodType<T>;
  readonly howToRemake: string;
}

const recordingKind: FileKind<Recording> = {
  what: "recording",
  schemaName: RECORDING_SCHEMA,
  schema: recordingSchema,
  howToRemake: "record again with crossbill run --recording FILE",
};
const billKind: FileKind<Bill> = {
  what: "bill",
  schemaName: BILL_SCHEMA,
  schema: billSchema,
  howToRemake: "make it again with crossbill run --json FILE",
};
const pricesKind: FileKind<Prices> = {
  what: "prices file",
  schemaName: PRICES_SCHEMA,
  schema: pricesSchema,
  howToRemake: "measure again with crossbill calibrate",
};
const labKind: FileKind<LabReport> = {
  what: "lab report",
  schemaName: LAB_SCHEMA,
  schema: labReportSchema,
  howToRemake: "measure again with crossbill lab --json FILE",
};
const trialKind: FileKind<Trial> = {
  what: "trial",
  schemaName: TRIAL_SCHEMA,
  schema: trialSchema,
  howToRemake: "try again with crossbill try",
};
const budgetKind: FileKind<Budget> = {
  what: "budget",
  schemaName: BUDGET_SCHEMA,
  schema: budgetSchema,
  howToRemake: "write it anew with crossbill check --update",
};
const kinds = [recordingKind, billKind, pricesKind, labKind, trialKind, budgetKind];

/** @throws RecordingError when the text is no recording of this version; it names the field. */
export function parseRecording(text: string): Recording {
  return checkRecording(parseJson(text, recordingKind));
}

function checkRecording(value: unknown): Recording {
  const recording = check(value, recordingKind);
  const broken = checkReferences(recording);
  if (broken !== null) throw brokenField(broken.field, broken.problem, recordingKind);
  return recording;
}

/** @throws RecordingError when the text is no bill of this version; it names the field. */
export function parseBill(text: string): Bill {
  return check(parseJson(text, billKind), billKind);
}

/** @throws RecordingError when the text is no budget of this version; it names the field. */
export function parseBudget(text: string): Budget {
  return check(parseJson(text, budgetKind), budgetKind);
}

/** @throws RecordingError when the text is no prices file of this version; it names the field. */
export function parsePrices(text: string): Prices {
  return check(parseJson(text, pricesKind), pricesKind);
}

/** @throws RecordingError when the text is no lab report of this version; it names the field. */
export function parseLabReport(text: string): LabReport {
  return check(parseJson(text, labKind), labKind);
}

/** @throws RecordingError when the text is no trial of this version; it names the field. */
export function parseTrial(text: string): Trial {
  return check(parseJson(text, trialKind), trialKind);
}

export type RecordingOrBill =
  | { readonly kind: "recording"; readonly recording: Recording }
  | { readonly kind: "bill"; readonly bill: Bill };

/** Reads either file, told apart by its `schema`. @throws RecordingError as the two above. */
export function parseRecordingOrBill(text: string): RecordingOrBill {
  const value = parseJson(text, { what: "file", howToRemake: "make it again" });
  if (isOf(value, recordingKind)) return { kind: "recording", recording: checkRecording(value) };
  return { kind: "bill", bill: check(value, billKind) };
}

export type LabReportOrPrices =
  | { readonly kind: "lab report"; readonly report: LabReport }
  | { readonly kind: "prices file"; readonly prices: Prices };

/** Reads either file, told apart by its `schema`. @throws RecordingError when it is neither. */
export function parseLabReportOrPrices(text: string): LabReportOrPrices {
  const value = parseJson(text, { what: "file", howToRemake: "make it again" });
  if (isOf(value, pricesKind)) return { kind: "prices file", prices: check(value, pricesKind) };
  return { kind: "lab report", report: check(value, labKind) };
}

/** Of that kind, whatever its version. */
function isOf(value: unknown, kind: FileKind<unknown>): boolean {
  return nameOf(schemaOf(value)) === nameOf(kind.schemaName);
}

/** `expected` is what a text that is cut off is called when its beginning does not tell. */
function parseJson(
  text: string,
  expected: Pick<FileKind<unknown>, "what" | "howToRemake">,
): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const kind = kindByBeginning(text) ?? expected;
    const reason = cause instanceof Error ? printable(cause.message, { maxWidth: 120 }) : "";
    const empty = text.trim() === "";
    throw new RecordingError(
      empty ? `the ${kind.what} is empty` : `the ${kind.what} is not valid JSON: ${reason}`,
      null,
      { remedy: `it may be cut off: ${kind.howToRemake}`, cause },
    );
  }
}

/** Every file of ours begins with its schema. */
function kindByBeginning(text: string): FileKind<unknown> | undefined {
  const name = /^\s*\{\s*"schema"\s*:\s*"([a-z.]{1,40})\//.exec(text)?.[1];
  return kinds.find(({ schemaName }) => nameOf(schemaName) === name);
}

function check<T>(value: unknown, kind: FileKind<T>): T {
  checkSchemaName(value, kind);
  const result = kind.schema.safeParse(value);
  if (result.success) return result.data;
  const issue = firstIssue(result.error.issues);
  const field = fieldPath(issue.path);
  throw brokenField(field, describeIssue(issue, valueAt(value, issue.path)), kind);
}

function checkSchemaName(value: unknown, kind: FileKind<unknown>): void {
  const found = schemaOf(value);
  if (found === kind.schemaName) return;
  if (found === "") {
    throw new RecordingError(`this is no ${kind.what} of crossbill: schema is missing`, "schema", {
      remedy: kind.howToRemake,
    });
  }
  const shown = printable(found, { maxWidth: 60 });
  if (nameOf(found) !== nameOf(kind.schemaName)) {
    const other = kinds.find(({ schemaName }) => nameOf(schemaName) === nameOf(found));
    const what = other === undefined ? `of another kind (schema ${shown})` : `a ${other.what}`;
    throw new RecordingError(`the file is ${what}, not a ${kind.what}`, "schema", {
      remedy: kind.howToRemake,
    });
  }
  const newer = versionOf(found) > versionOf(kind.schemaName);
  throw new RecordingError(
    newer
      ? `the ${kind.what} was written by a newer crossbill (${shown}; this one reads ${kind.schemaName})`
      : `the ${kind.what} has an unknown version (${shown}; this one reads ${kind.schemaName})`,
    "schema",
    { remedy: newer ? "upgrade crossbill" : kind.howToRemake },
  );
}

function schemaOf(value: unknown): string {
  if (typeof value !== "object" || value === null || !("schema" in value)) return "";
  return typeof value.schema === "string" ? value.schema : "";
}

function nameOf(schemaName: string): string {
  return schemaName.replace(/\/.*$/s, "");
}

function versionOf(schemaName: string): number {
  const version = /\/(\d{1,9})$/.exec(schemaName)?.[1];
  return version === undefined ? Number.NaN : Number(version);
}

function brokenField(field: string, problem: string, kind: FileKind<unknown>): RecordingError {
  return new RecordingError(`the ${kind.what} is broken: ${field}: ${problem}`, field, {
    remedy: kind.howToRemake,
  });
}

type Issue = z.core.$ZodIssue;

function firstIssue(issues: readonly Issue[]): Issue {
  const issue = issues[0];
  return issue ?? { code: "custom", path: [], message: "invalid", input: undefined };
}

/** `lines[3].count`; the whole file is called "file". */
function fieldPath(path: readonly PropertyKey[]): string {
  let field = "";
  for (const key of path) {
    if (typeof key === "number") field += `[${key}]`;
    else field += `${field === "" ? "" : "."}${printable(String(key), { maxWidth: 40 })}`;
  }
  return field === "" ? "file" : field;
}

function describeIssue(issue: Issue, found: unknown): string {
  if (issue.code === "invalid_type") return `expected ${issue.expected}, got ${describe(found)}`;
  if (issue.code === "invalid_value") {
    const expected = issue.values.map(String).join(", ");
    const one = issue.values.length > 1 ? "one of " : "";
    return `expected ${one}${expected}, got ${describe(found)}`;
  }
  const message = issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
  return `${message}, got ${describe(found)}`;
}

function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "string") return `string "${printable(value, { maxWidth: 40 })}"`;
  if (typeof value === "number") return `number ${value}`;
  return typeof value;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = Object.getOwnPropertyDescriptor(at, key)?.value;
  }
  return at;
}
