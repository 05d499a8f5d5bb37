/** live-text: a live trial in lines. */
import { median, printable, type Trial } from "@crossbill/core";
import type { Compared } from "./live-behaviour.ts";
import type { PlainRecording } from "./live-recording.ts";
import type { LiveRun } from "./live-run.ts";

export interface LiveFigures {
  readonly fix: string;
  readonly plain: readonly LiveRun[];
  readonly fixed: readonly LiveRun[];
  readonly recording: PlainRecording;
  readonly compared: Compared;
  readonly inputNotice: string | null;
}

export function liveLines(trial: Trial, figures: LiveFigures): string[] {
  const command = printable(trial.command.join(" "), { maxWidth: 200, cut: "middle" });
  return [
    `live: ${command}`,
    `  fix: ${figures.fix}`,
    `  ${times(figures)}`,
    ...savings(trial),
    `  ${crossings(trial, figures)}`,
    `  ${outputs(figures.compared)}`,
    ...(figures.inputNotice === null ? [] : [`  ${figures.inputNotice}`]),
    `${trial.verdict}: ${trial.why}`,
  ];
}

function times({ plain, fixed }: LiveFigures): string {
  const both = (of: (run: LiveRun) => number): string =>
    `${milliseconds(plain.map(of))} plain, ${milliseconds(fixed.map(of))} with the fix`;
  return (
    `${plain.length} pairs, medians: elapsed ${both(({ elapsedNs }) => elapsedNs)}; ` +
    `CPU ${both(({ cpuNs }) => cpuNs)}`
  );
}

function savings({ tried, predicted, verdict }: Trial): string[] {
  if (verdict === "changed behaviour") return [];
  const shown = ({ lowShare, likelyShare, highShare }: Trial["tried"]): string =>
    `${percent(likelyShare)} (${percent(lowShare)} to ${percent(highShare)})`;
  const claimed = predicted === null ? "" : `; predicted ${shown(predicted)}`;
  return [`  saves ${shown(tried)} of the elapsed time${claimed}`];
}

function crossings({ coverage }: Trial, { recording, fixed }: LiveFigures): string {
  const report = fixed.at(-1)?.report;
  const { intercepted = 0, spared = 0, added = 0 } = report ?? {};
  const counts =
    `${count(intercepted)} calls intercepted, ${count(spared)} of them spared, ` +
    `${count(added)} crossings added`;
  return coverage === null
    ? `${counts}; coverage not known: ${recording.why ?? "nothing crossed"}`
    : `${counts}; coverage ${percent(coverage)} of ${count(recording.crossings ?? 0)} crossings`;
}

function outputs({ same, unsteady, changed }: Compared): string {
  const list = (names: readonly string[]): string => names.join(", ");
  return [
    ...(same.length === 0 ? [] : [`byte-identical: ${list(same)}`]),
    ...(changed.length === 0 ? [] : [`changed: ${list(changed)}`]),
    ...(unsteady.length === 0 ? [] : [`not compared, differs without the fix: ${list(unsteady)}`]),
  ].join("; ");
}

function milliseconds(ns: readonly number[]): string {
  return `${(median(ns) / 1e6).toPrecision(3)} ms`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
