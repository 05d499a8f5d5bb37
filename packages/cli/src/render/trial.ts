/** Replayed trials in text: how true the replay is, then what the fix came to beside the prediction. */
import { type Finding, printable, type ShareInterval, type Trial } from "@crossbill/core";
import { hasLiveFix, type ReplayFigures, type ReplayOutcome } from "@crossbill/trial";
import { counted, formatCount, formatShare, formatTime } from "./numbers.ts";
import type { Paint } from "./paint.ts";
import { wrapText } from "./wrap.ts";
import { LAB_WIDTH } from "./wrapped-table.ts";

const INDENT = "  ";

/** The lines of one finding, whether it was tried or could not be. */
export function trialLines(finding: Finding, outcome: ReplayOutcome, paint: Paint): string[] {
  const title = paint.strong(printable(`${finding.code}: ${finding.title}`));
  if (outcome.kind === "refused") {
    const live = hasLiveFix(finding.code)
      ? `; to try it in the program: crossbill try --live --finding ${finding.code} -- COMMAND`
      : "";
    return [title, ...text(`not replayed: ${outcome.why}${live}`)];
  }
  const { trial, figures } = outcome;
  return [
    title,
    ...text(what(figures)),
    ...text(unchanged(trial, figures)),
    ...text(changed(figures)),
    ...text(shares(trial)),
    ...text(`${trial.verdict}: ${trial.why}`).map((line) => paint.strong(line)),
  ];
}

function what({
  path,
  coveredShare,
  calls,
  recordedCalls,
  order,
  isCold,
  isScratch,
}: ReplayFigures): string {
  const part =
    coveredShare >= 0.995 ? "" : `, ${formatShare(coveredShare, 1)} of what the finding is about`;
  const some = calls < recordedCalls ? `the first ${formatCount(calls)} of ` : "";
  const made =
    order === "recorded"
      ? "in their recorded order"
      : "in a made-up order (record with --sequence for the real one)";
  const cache = isScratch
    ? "written to a scratch file"
    : isCold
      ? "page cache emptied of it before each run"
      : "in the page cache";
  return (
    `${printable(path, { maxWidth: 200, cut: "middle" })}${part}: ` +
    `${some}${formatCount(recordedCalls)} calls ${made}; ${cache}`
  );
}

function unchanged(
  { unchangedErrorShare }: Trial,
  { recordedNs, unchangedNs, unchangedCalls }: ReplayFigures,
): string {
  return (
    `unchanged: ${formatTime(unchangedNs)} for ${formatTime(recordedNs)} recorded, an error of ` +
    `${formatShare(unchangedErrorShare ?? 0, 1)} of the elapsed time; ${counted(unchangedCalls, "system call")}`
  );
}

function changed({ changedBy, changedNs, changedCalls, pairs }: ReplayFigures): string {
  return (
    `changed: ${formatTime(changedNs)}, ${counted(changedCalls, "system call")}, as ${changedBy} ` +
    `(${pairs} pairs)`
  );
}

function shares({ predicted, tried }: Trial): string {
  const claimed = predicted === null ? "" : `predicted ${interval(predicted)}, `;
  return `saves of the elapsed time: ${claimed}tried ${interval(tried)}`;
}

function interval({ lowShare, likelyShare, highShare }: ShareInterval): string {
  return `${formatShare(likelyShare, 1)} (${formatShare(lowShare, 1)} to ${formatShare(highShare, 1)})`;
}

function text(sentence: string): string[] {
  return wrapText(sentence, { width: LAB_WIDTH, lead: INDENT });
}
