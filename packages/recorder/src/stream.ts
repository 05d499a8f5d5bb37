/**
 * The recorder's stream: newline-delimited JSON from a recorder, read as it comes.
 *
 * The recorder is trusted to be there, its bytes are not: each line and the whole are bounded, each
 * field is checked, and whatever does not fit ends the reading with a RecorderError.
 */

import { architectures } from "@crossbill/core";
import { FactCollector, type Hello, type RecordedFacts } from "./stream-facts.ts";
import { type Fields, malformed, parseLine } from "./stream-fields.ts";

export const STREAM_VERSION = "crossbill.stream/1";

/** A path has at most 4096 bytes of six characters each; stacks and histograms stay well below. */
const LINE_BYTES_MAX = 1024 * 1024;
/** A full recording (16,384 lines) is about 8 MiB. */
const STREAM_BYTES_MAX = 512 * 1024 * 1024;
const NEWLINE = 0x0a;

/** Nothing was recorded, and where it went wrong. */
export interface RecordingFailure {
  readonly stage: (typeof failureStages)[number];
  /** The positive number of the errno. */
  readonly errno: number;
  readonly what: string;
}

const failureStages = ["load", "attach", "fork", "exec", "setup", "target"] as const;

export type StreamEnd =
  | { readonly kind: "recorded"; readonly facts: RecordedFacts }
  | { readonly kind: "failed"; readonly failure: RecordingFailure }
  | { readonly kind: "cut"; readonly lines: number };

/** Takes the stream chunk by chunk. Every method throws RecorderError on malformed input. */
export class StreamReader {
  readonly #onStarted: (pid: number) => void;
  #partial: Uint8Array[] = [];
  #partialBytes = 0;
  #bytes = 0;
  #lines = 0;
  #hello: Hello | null = null;
  #facts: FactCollector | null = null;
  #failure: RecordingFailure | null = null;
  #ended = false;

  /** `onStarted` is told each process id the recorder reports as under way. */
  constructor(onStarted: (pid: number) => void = () => {}) {
    this.#onStarted = onStarted;
  }

  get hello(): Hello | null {
    return this.#hello;
  }

  push(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > STREAM_BYTES_MAX) {
      throw malformed(`line ${this.#lines + 1}`, `more than ${STREAM_BYTES_MAX} bytes in all`);
    }
    let from = 0;
    let newline = chunk.indexOf(NEWLINE, from);
    while (newline >= 0) {
      this.#line(this.#complete(chunk.subarray(from, newline)));
      from = newline + 1;
      newline = chunk.indexOf(NEWLINE, from);
    }
    this.#keep(chunk.subarray(from));
  }

  /** The stream's end of file: a whole recording, a failure, or a recorder that died on the way. */
  finish(): StreamEnd {
    if (this.#failure !== null) return { kind: "failed", failure: this.#failure };
    if (!this.#ended || this.#facts === null) return { kind: "cut", lines: this.#lines };
    return { kind: "recorded", facts: this.#facts.finish() };
  }

  #keep(rest: Uint8Array): void {
    if (rest.length === 0) return;
    this.#partialBytes += rest.length;
    if (this.#partialBytes > LINE_BYTES_MAX) {
      throw malformed(`line ${this.#lines + 1}`, `longer than ${LINE_BYTES_MAX} bytes`);
    }
    this.#partial.push(rest.slice());
  }

  #complete(rest: Uint8Array): string {
    this.#keep(rest);
    const text = Buffer.concat(this.#partial).toString("latin1");
    this.#partial = [];
    this.#partialBytes = 0;
    return text;
  }

  #line(text: string): void {
    this.#lines += 1;
    const where = `line ${this.#lines}`;
    if (this.#ended || this.#failure !== null) throw malformed(where, "text after the last line");
    // Bytes above 0x7e must come escaped; raw ones would decode differently from escaped ones.
    if (!/^[\x20-\x7e]*$/.test(text)) throw malformed(where, "not printable ASCII");
    const fields = parseLine(text, where);
    const type = fields.word("t");
    if (type === "hello") this.#greet(fields, where);
    else if (type === "failed") this.#fail(fields);
    else if (this.#facts === null) throw malformed(where, `${type} before hello`);
    else this.#record(this.#facts, type, fields, where);
  }

  #record(facts: FactCollector, type: string, fields: Fields, where: string): void {
    if (type === "end") this.#ended = true;
    else if (type === "started") this.#onStarted(fields.count("pid"));
    else if (!facts.add(type, fields)) throw malformed(where, `unknown type ${type}`);
  }

  #greet(fields: Fields, where: string): void {
    if (this.#hello !== null) throw malformed(where, "a second hello");
    const version = fields.word("stream");
    if (version !== STREAM_VERSION) {
      throw malformed(where, `it is ${version}, this crossbill reads ${STREAM_VERSION}`);
    }
    const period = fields.time("period");
    this.#hello = {
      recorder: fields.choice("recorder", ["ebpf", "ptrace"]),
      timing: fields.choice("timing", ["sampled", "exact"]),
      architecture: fields.choice("arch", architectures),
      samplePeriodNs: period === 0 ? null : period,
      limits: fields.settings("limits"),
    };
    this.#facts = new FactCollector(this.#hello);
  }

  #fail(fields: Fields): void {
    this.#failure = {
      stage: fields.choice("stage", failureStages),
      errno: fields.index("errno", 4095),
      what: fields.text("what"),
    };
  }
}
