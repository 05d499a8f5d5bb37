/** Lab outputs: where a lab report goes: text as topics are done, JSON and a page at the end. */
import { type LabReport, type Machine, type TopicReport, UsageError } from "@crossbill/core";
import { jsonPieces } from "./json-pieces.ts";
import { type OutputFile, openOutput } from "./output-file.ts";
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
  const given = [names.text, names.json, names.html].filter((name) => name !== null);
  if (new Set(given).size < given.length) {
    throw new UsageError("two outputs have the same name", { remedy: "give each its own file" });
  }
  const opened: OutputFile[] = [];
  const open = (name: string | null): OutputFile | null => {
    if (name === null) return null;
    const output = openOutput(name);
    opened.push(output);
    return output;
  };
  const discard = () => {
    for (const output of opened.splice(0)) output.discard();
  };
  try {
    const [json, html, text] = [open(names.json), open(names.html), open(names.text)];
    const isTaken = opened.some(({ descriptor }) => descriptor === 1);
    const show = (pieces: Iterable<string>) => {
      if (names.text !== null || isTaken) return;
      for (const piece of pieces) writeFully(1, piece);
    };
    const paint = paintFor(wantsColour(1));
    return {
      begin: (machine) => show(headPieces(machine, paint)),
      topic: (topic) => show(sectionPieces(topicLines(topic, paint))),
      end(report) {
        if (report.topics.length === 0) return discard();
        opened.length = 0; // From here on each one looks after itself.
        show(sectionPieces(closingLines(report, paint)));
        text?.write(renderLabReport(report, { colour: wantsColour(text.descriptor) }));
        json?.write(jsonPieces(report));
        html?.write([labPage(report)]);
      },
      discard,
    };
  } catch (error) {
    discard();
    throw error;
  }
}
