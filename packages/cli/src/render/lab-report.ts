/** Lab report in text: the machine, each topic, and all verdicts at the end. */
import type { LabReport, Machine } from "@crossbill/core";
import { topicLines } from "./lab-topic.ts";
import { formatBytes } from "./numbers.ts";
import { type Paint, paintFor } from "./paint.ts";
import { wrapText } from "./wrap.ts";
import { LAB_WIDTH, wrappedTable } from "./wrapped-table.ts";

export interface LabView {
  readonly colour: boolean;
}

/** The whole report, line by line. */
export function* renderLabReport(report: LabReport, { colour }: LabView): Generator<string> {
  const paint = paintFor(colour);
  yield* headPieces(report.machine, paint);
  for (const topic of report.topics) yield* sectionPieces(topicLines(topic, paint));
  yield* sectionPieces(closingLines(report, paint));
}

/** What stands before the first topic: the machine that all figures belong to. */
export function* headPieces(machine: Machine, paint: Paint): Generator<string> {
  for (const line of machineLines(machine).map((text) => paint.faint(text))) yield `${line}\n`;
}

/** A section behind others, with a blank line before it. */
export function* sectionPieces(lines: readonly string[]): Generator<string> {
  yield "\n";
  for (const line of lines) yield `${line}\n`;
}

/** The machine in two or three lines. */
export function machineLines(machine: Machine): string[] {
  const { cpu, cpus, memoryBytes, kernel, distribution, hypervisor, clockSource, governor } =
    machine;
  const on = Object.entries(machine.mitigations).filter(([, state]) =>
    state.startsWith("Mitigation"),
  );
  const parts = [
    `${cpu}, ${cpus} CPU${cpus === 1 ? "" : "s"}, ${formatBytes(memoryBytes)}`,
    `Linux ${kernel}`,
    distribution,
    hypervisor === null || hypervisor === "none" ? "no hypervisor known" : `under ${hypervisor}`,
    `clock ${clockSource ?? "unknown"}`,
    ...(governor === null ? [] : [`governor ${governor}`]),
    `mitigations on: ${on.length === 0 ? "none" : on.map(([name]) => name).join(", ")}`,
  ];
  return wrapText(parts.join("; "), { width: LAB_WIDTH, lead: "lab: " });
}

/** All verdicts, and under what conditions they were found. */
export function closingLines(report: LabReport, paint: Paint): string[] {
  const rows = report.topics.flatMap(({ name, analysis }) =>
    analysis.claims.map(({ claim, verdict }) => [name, verdict, claim]),
  );
  return [
    ...wrappedTable(["topic", "verdict", "claim"], rows, paint),
    ...wrapText(conditionsLine(report), { width: LAB_WIDTH }),
  ];
}

/** Load, stolen time, seed, and whether the report is whole. */
export function conditionsLine({ conditions, quick, seed, complete }: LabReport): string {
  const { loadBefore, loadAfter, stealShare } = conditions;
  return (
    `${complete ? "" : "INTERRUPTED, not all topics were measured; "}${quick ? "quick run; " : ""}` +
    `load ${loadBefore.toFixed(1)} before, ${loadAfter.toFixed(1)} after; ` +
    `${(stealShare * 100).toFixed(1)} % stolen by the hypervisor; seed ${seed}`
  );
}
