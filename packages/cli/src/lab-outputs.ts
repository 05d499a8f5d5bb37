/** Lab outputs: where a lab report goes: text as topics are done, JSON and a page at the end. */
import type { LabReport, Machine, TopicReport } from "@crossbill/core";
import { jsonPieces } from "./json-pieces.ts";
import { openOutputs } from "./opened-outputs.ts";
import { labPage } from "./render/lab-page.ts";
import { closingLines, headPieces, renderLabReport, sectionPieces } from "./render/lab-report.ts";
import { topicLines } from "./render/lab-topic.ts";
import { paintFor } from "./render/paint.ts";
import { wantsColour, writeFully } from "./terminal.ts";

export interface LabOutputNames {
  readonly text: string | null;
  readonly json: string | null;
  readonly html: string | null;
}

/** The opened places of one run of the lab. */
export interface LabOutputs {
  /** Text on standard output comes at once: a full run takes minutes. */
  begin(machine: Machine): void;
  topic(topic: TopicReport): void;
  /** Writes the rest. A report without topics leaves the files as they were. */
  end(report: LabReport): void;
  discard(): void;
}

/** Opens them all, or none. @throws UsageError when one cannot be written or two are the same. */
export function openLabOutputs(names: LabOutputNames): LabOutputs {
  const opened = openOutputs(names);
  const show = (pieces: Iterable<string>) => {
    if (names.text !== null || opened.takesStandardOutput) return;
    for (const piece of pieces) writeFully(1, piece);
  };
  const paint = paintFor(wantsColour(1));
  return {
    begin: (machine) => show(headPieces(machine, paint)),
    topic: (topic) => show(sectionPieces(topicLines(topic, paint))),
    end(report) {
      if (report.topics.length === 0) return opened.discard();
      opened.release();
      show(sectionPieces(closingLines(report, paint)));
      const text = opened.file("text");
      text?.write(renderLabReport(report, { colour: wantsColour(text.descriptor) }));
      opened.file("json")?.write(jsonPieces(report));
      opened.file("html")?.write([labPage(report)]);
    },
    discard: () => opened.discard(),
  };
}
