/** The page of errors and warnings, made from their classes and the comments on them: docs/errors.md. */
import {
  type CrossbillError,
  PermissionError,
  RecorderError,
  RecordingError,
  SyscallError,
  TargetError,
  UnsupportedError,
  UsageError,
} from "@crossbill/core";
import { describeFailure } from "../failure.ts";

/** One of each class, and of TargetError one for each exit status. */
const samples: readonly CrossbillError[] = [
  new UsageError("x"),
  new PermissionError("x"),
  new UnsupportedError("x", null),
  new SyscallError("x", "EPERM"),
  new RecordingError("x", null),
  new RecorderError("x"),
  new TargetError("x", "EACCES"),
  new TargetError("x", "ENOENT"),
];

const about = [
  "An error is one line on standard error: what failed, why, and what to do about it.",
  "Its code is stable; programs that use the packages find it in `code`, the advice in `remedy`.",
  "The system's own errors, such as a full disk, pass through as they are, with exit status 125.",
  "Anything else is a mistake in crossbill: it says so, shows where, and exits with 125.",
];
const aboutWarnings = [
  "What must be known before believing a bill.",
  "They stand under its text, and in its JSON under `warnings`, told apart by `code`.",
];

/** The page. Both arguments are sources of core: errors.ts and bill/warnings.ts. */
export function errorsPage(errorsSource: string, warningsSource: string): string {
  const codes = [...new Set(samples.map(({ code }) => code))];
  const sections = codes.map((code) => errorSection(code, errorsSource));
  const warnings = [...commentedWarnings(warningsSource)];
  return `<!-- Made by tools/generate-docs.js from packages/core/src; do not edit. -->

# Errors and warnings

${paragraph(about)}

${sections.join("\n\n")}

## Warnings of a bill

${paragraph(aboutWarnings)}

| code | meaning |
|---|---|
${warnings.map(([code, meaning]) => `| \`${code}\` | ${meaning} |`).join("\n")}
`;
}

function paragraph(sentences: readonly string[]): string {
  return sentences.join(" ");
}

function errorSection(code: string, source: string): string {
  const own = samples.filter((sample) => sample.code === code);
  const name = own[0]?.name ?? "";
  const statuses = [...new Set(own.map((sample) => describeFailure(sample).status))];
  const fields = [...commentedFields(classBody(name, source))];
  const list = fields.map(([field, meaning]) => `- \`${field}\`: ${meaning}`);
  const text = [
    `## ${code}`,
    `${classComment(name, source)} (\`${name}\`, exit status ${statuses.join(" or ")})`,
  ];
  return [...text, ...(list.length === 0 ? [] : [list.join("\n")])].join("\n\n");
}

function classComment(name: string, source: string): string {
  const match = new RegExp(`/\\*\\* ([^\\n]*) \\*/\\nexport class ${name} `).exec(source);
  if (match === null) throw new Error(`errors.ts has no comment on ${name}`);
  return match[1] ?? "";
}

function classBody(name: string, source: string): string {
  const from = source.indexOf(`export class ${name} `);
  return source.slice(from, source.indexOf("\n}\n", from));
}

function* commentedFields(body: string): Iterable<readonly [string, string]> {
  for (const [, comment = "", field = ""] of body.matchAll(
    /\/\*\* ([^\n]*) \*\/\n {2}readonly (\w+):/g,
  )) {
    yield [field, comment];
  }
}

function* commentedWarnings(source: string): Iterable<readonly [string, string]> {
  for (const [, comment = "", code = ""] of source.matchAll(
    /\/\*\* ([^\n]*) \*\/\n {2}z\.object\(\{\s*code: z\.literal\("([\w-]+)"\)/g,
  )) {
    yield [code, comment];
  }
}
