/** The findings: what would save how much of the elapsed time, how sure that is, and how to do it. */
import { type Bill, type Finding, LEAST_SHARE, printable, type SetAside } from "@crossbill/core";
import { renderTable, titled } from "./columns.ts";
import { formatBytes, formatFigure, formatPercent, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";

/** More advice than this at once is not followed. */
const MOST_SHOWN = 3;
/** Behind the share that a finding saves, such as "  71 %  ". */
const INDENT = 8;

export interface FindingsView {
  /** Every finding, its fix in every language, and what was set aside. */
  readonly all: boolean;
  readonly width: number;
}

/** Nothing for bills from before there was advice, and for those of which none is made. */
export function findingsSection(bill: Bill, paint: Paint, { all, width }: FindingsView): string[] {
  const { findings, setAside = [], imported } = bill;
  if (findings === undefined || imported !== undefined) return [];
  const shown = all ? findings : findings.slice(0, MOST_SHOWN);
  const more = findings.length - shown.length;
  const lines = shown.flatMap((finding) => findingLines(finding, paint, { all, width }));
  const rest = more > 0 ? [`  and ${more} more: --all`] : [];
  const aside = all ? setAsideLines(setAside, paint, width) : [];
  return [...heading(findings, paint, width), ...lines, ...rest, ...aside];
}

function heading(findings: readonly Finding[], paint: Paint, width: number): string[] {
  if (findings.length > 0) return [paint.strong("what would save elapsed time")];
  const least = formatPercent(LEAST_SHARE);
  return wrapText(`leave it: nothing found that would save ${least} of the elapsed time`, {
    width,
  }).map((line) => paint.strong(line));
}

function findingLines(finding: Finding, paint: Paint, { all, width }: FindingsView): string[] {
  const { code, title, saving, trial } = finding;
  const isAdvice = saving.likelyNs > 0;
  const share = isAdvice ? `${Math.round(saving.likelyShare * 100)} %` : "-";
  const lead = `${share.padStart(6)}  `;
  const wrapped = (text: string, before = "") =>
    wrapText(text, { width, lead: " ".repeat(INDENT) + before });
  if (!isAdvice)
    return wrapText(`${title} [${code}]`, { width, lead }).map((line) => paint.strong(line));
  return [
    ...wrapText(`${title} [${code}]`, { width, lead }).map((line) => paint.strong(line)),
    " ".repeat(INDENT) + printable(placeText(finding), { maxWidth: width - INDENT, cut: "middle" }),
    ...wrapped(evidenceText(finding)),
    ...wrapped(savingText(finding)),
    ...finding.sites
      .slice(0, all ? finding.sites.length : 1)
      .flatMap(({ place, share: of }) => wrapped(`${place} (${formatPercent(of)})`, "at: ")),
    ...fixLines(finding, all).flatMap((line) => wrapped(line)),
    ...wrapped(finding.beware, "beware: "),
    ...(trial === null ? [] : wrapped(proofText(finding), "proof: ")),
  ];
}

function placeText({ program, subject, syscalls }: Finding): string {
  const calls = syscalls.slice(0, 4).join(", ") + (syscalls.length > 4 ? ", ..." : "");
  return [program, calls === "" ? null : calls, subject].filter((part) => part !== null).join(" ");
}

/** The saving with its bounds and what it can never exceed (Amdahl). */
function savingText({ saving, boundShare }: Finding): string {
  const { lowNs, likelyNs, highNs } = saving;
  return (
    `saves ${formatTime(likelyNs)} (${formatTime(lowNs)} to ${formatTime(highNs)}); ` +
    `if these calls cost nothing: ${formatPercent(boundShare)}`
  );
}

/** The figures that a rule found, by their names: "averageBytes" is "average bytes". */
function evidenceText({ evidence }: Finding): string {
  return Object.entries(evidence)
    .map(([name, value]) => `${wordsOf(name)} ${valueText(name, value)}`)
    .join(", ");
}

function wordsOf(name: string): string {
  return name
    .replace(/(?:Ns|Share)$/, "")
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueText(name: string, value: number | string): string {
  if (typeof value === "string") return value;
  if (/bytes$/i.test(name)) return formatBytes(value);
  if (name.endsWith("Ns")) return formatTime(value);
  return name.endsWith("Share") ? formatPercent(value) : formatFigure(value);
}

/** The fix in the program's own language, as far as its name tells. */
function fixLines({ fix, program }: Finding, all: boolean): string[] {
  const byLanguage = fix.split(/\n(?=(?:C|Node|Python|Go): )/);
  if (all) return byLanguage.flatMap((text) => text.split("\n"));
  const language = languageOf(program ?? "");
  const own = byLanguage.find((text) => text.startsWith(`${language}: `));
  return (own ?? fix).split("\n");
}

function languageOf(program: string): string {
  if (/^(?:node|MainThread)/.test(program)) return "Node";
  return /^(?:python|pypy)/.test(program) ? "Python" : "C";
}

function proofText({ code, trial }: Finding): string {
  return trial === "live"
    ? `crossbill try --live --finding ${code} -- COMMAND`
    : `crossbill try BILL.json --finding ${code}`;
}

function setAsideLines(setAside: readonly SetAside[], paint: Paint, width: number): string[] {
  if (setAside.length === 0) return [];
  const table = renderTable(
    setAside,
    [
      { title: "saves", align: "right", cell: ({ saving }) => formatTime(saving.likelyNs) },
      { title: "share", align: "right", cell: ({ saving }) => signedPercent(saving.likelyShare) },
      {
        title: "why not",
        align: "left",
        cell: ({ why }) => (why === "small" ? "too small" : "under its own error"),
      },
      { title: "finding", align: "left", cell: ({ code }) => code },
    ],
    {
      title: "on",
      cell: ({ program, subject }) => [program, subject].filter((part) => part !== null).join(" "),
    },
    { indent: 2, width },
  );
  return ["", ...titled("considered and set aside", table, paint)];
}

function signedPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
