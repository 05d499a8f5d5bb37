/** The sequences of one stream: the order of accesses by descriptor, read within bounds. */
import { type DescriptorKind, type RecordedSequence, syscallName } from "@crossbill/core";
import type { Hello } from "./stream-facts.ts";
import { type Fields, malformed } from "./stream-fields.ts";

/** The largest budget of a recording: SEQUENCE_BUDGET_MAX in native/sequences.h. */
export const SEQUENCE_BUDGET_MAX = 1_000_000;
/** Accesses a line of the stream; the recorders write 512. */
const BATCH_MAX = 4096;
const SYSCALL_MAX = 1023;

/** A sequence, and the kind of its target, should nothing else name that. */
interface OpenSequence {
  readonly sequence: RecordedSequence;
  readonly kind: DescriptorKind;
  /** Indexes into `calls` by system call number. */
  readonly callIndexes: Map<number, number>;
}

/** Adds up "sequence" objects and the "accesses" that follow each. */
export class SequenceCollector {
  readonly #hello: Hello;
  readonly #sequences: OpenSequence[] = [];
  #accesses = 0;

  constructor(hello: Hello) {
    this.#hello = hello;
  }

  /** Targets that sequences are about. */
  get targets(): { readonly id: string; readonly kind: DescriptorKind }[] {
    return this.#sequences.map(({ sequence, kind }) => ({ id: sequence.target, kind }));
  }

  /** All of them; undefined when the recorder was not asked for any. */
  finish(): RecordedSequence[] | undefined {
    if (this.#hello.limits["sequence"] === undefined) return undefined;
    return this.#sequences.map(({ sequence }) => sequence);
  }

  /** A "sequence" object. Throws RecorderError on a bad field. */
  open(fields: Fields, kind: DescriptorKind): void {
    // Each has an access.
    if (this.#sequences.length >= SEQUENCE_BUDGET_MAX) throw fields.wrong("fd", "fewer sequences");
    this.#sequences.push({
      kind,
      callIndexes: new Map(),
      sequence: {
        process: fields.count("p"),
        descriptor: fields.count("fd"),
        target: fields.word("target"),
        complete: fields.flag("complete"),
        calls: [],
        accesses: [],
      },
    });
  }

  /** An "accesses" object: more of the sequence opened last. Throws RecorderError on a bad field. */
  add(fields: Fields): void {
    const open = this.#sequences.at(-1);
    if (open === undefined) throw malformed("accesses", "no sequence came before");
    for (const row of fields.integerRows("of", 5, BATCH_MAX)) {
      const [number = -1, offset = -1, asked = -1, moved = 0, at = -1] = row;
      if (number < 0 || number > SYSCALL_MAX || offset < -1 || asked < 0 || at < 0) {
        throw fields.wrong("of", "accesses");
      }
      open.sequence.accesses.push([this.#callIndex(open, number), offset, asked, moved, at]);
      this.#accesses += 1;
    }
    if (this.#accesses > SEQUENCE_BUDGET_MAX) throw fields.wrong("of", "fewer accesses");
  }

  #callIndex({ sequence, callIndexes }: OpenSequence, number: number): number {
    const known = callIndexes.get(number);
    if (known !== undefined) return known;
    const index = sequence.calls.length;
    sequence.calls.push(syscallName(this.#hello.architecture, number));
    callIndexes.set(number, index);
    return index;
  }
}
