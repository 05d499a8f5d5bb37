/** pprof: a profile of five figures, as protocol buffers (github.com/google/pprof, proto/profile.proto). */
import {
  Label,
  Line,
  Location,
  Mapping,
  Function as PprofFunction,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from "pprof-format";
import type { Bill } from "../bill/shape.ts";
import { printable } from "../printable.ts";
import { type CallFrame, type CallStack, callStacks } from "./call-stacks.ts";
import { type ValueName, valueNames, valueUnits } from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

export const pprof: ExportFormat = {
  id: "pprof",
  extension: "pb.gz",
  mediaType: "application/vnd.google.protobuf+gzip",
  carries: "process (also as a label), call sites, system call, source lines; all five figures",
  lacks: "targets",
  readers: "`go tool pprof`, speedscope",
  gzip: true,
  write: (bill, { value }) => new ProfileBuilder(bill).build(value),
};

const MAPPING_ID = 1;

class ProfileBuilder {
  readonly #strings = new StringTable();
  readonly #functions = new Map<string, PprofFunction>();
  readonly #locations = new Map<string, Location>();
  readonly #bill: Bill;

  constructor(bill: Bill) {
    this.#bill = bill;
  }

  build(first: ValueName): Uint8Array {
    const sample = callStacks(this.#bill).map((stack) => this.#sample(stack));
    const text = (value: string) => this.#strings.dedup(value);
    return new Profile({
      sampleType: valueNames.map(
        (name) => new ValueType({ type: text(name), unit: text(valueUnits[name]) }),
      ),
      defaultSampleType: text(first),
      sample,
      mapping: [this.#program()],
      location: [...this.#locations.values()],
      function: [...this.#functions.values()],
      comment: [text(`crossbill: ${printable(this.#bill.command.join(" "))}`)],
      timeNanos: startNs(this.#bill.startedAt),
      durationNanos: this.#bill.elapsedNs,
      stringTable: this.#strings,
    }).encode();
  }

  /** So that pprof looks for no program: every place has its name already. */
  #program(): Mapping {
    const [first] = this.#bill.processes;
    const filename = this.#strings.dedup(printable(first?.exe ?? first?.comm ?? ""));
    const known = { hasFunctions: true, hasFilenames: true, hasLineNumbers: true };
    return new Mapping({ id: MAPPING_ID, filename, ...known });
  }

  #sample({ process, frames, values }: CallStack): Sample {
    const root: CallFrame = { name: process, file: null, line: null };
    return new Sample({
      // Innermost first.
      locationId: [root, ...frames].map((frame) => this.#location(frame)).toReversed(),
      value: valueNames.map((name) => values[name]),
      label: [
        new Label({ key: this.#strings.dedup("process"), str: this.#strings.dedup(process) }),
      ],
    });
  }

  #location(frame: CallFrame): number {
    const functionId = this.#function(frame);
    const key = `${functionId} ${frame.line ?? 0}`;
    const location =
      this.#locations.get(key) ??
      new Location({
        id: this.#locations.size + 1,
        mappingId: MAPPING_ID,
        line: [new Line({ functionId, line: frame.line ?? 0 })],
      });
    this.#locations.set(key, location);
    return Number(location.id);
  }

  #function({ name, file }: CallFrame): number {
    const key = JSON.stringify([name, file]);
    const index = this.#strings.dedup(name);
    const known =
      this.#functions.get(key) ??
      new PprofFunction({
        id: this.#functions.size + 1,
        name: index,
        systemName: index,
        filename: this.#strings.dedup(file ?? ""),
      });
    this.#functions.set(key, known);
    return Number(known.id);
  }
}

/** A date that is none, or of before 1970, is left out; those Date can tell fit 64 bits to the year 2262. */
function startNs(startedAt: string): bigint {
  const ms = Date.parse(startedAt);
  const ns = Number.isFinite(ms) ? BigInt(ms) * 1_000_000n : 0n;
  return ns >= 0n && ns < 2n ** 63n ? ns : 0n;
}
