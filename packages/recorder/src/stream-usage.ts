/** What a process used, as one object of the stream says it. */
import {
  apportion,
  type CrossingTax,
  crossingTaxes,
  type FaultKinds,
  type RecordedProcess,
} from "@crossbill/core";
import { type Fields, given } from "./stream-fields.ts";

/** What is known of a process from its beginning on; the rest, when it has ended. */
export type Identity = Pick<RecordedProcess, "pid" | "ppid" | "comm" | "exe" | "compat">;
export type Usage = Omit<RecordedProcess, "id" | keyof Identity>;

/** A "usage" object. Throws RecorderError on a bad field. */
export function readUsage(fields: Fields): Usage {
  const minor = fields.timeOrNull("fminor");
  const major = fields.timeOrNull("fmajor");
  const minorFaults = fields.count("minflt");
  return {
    instances: fields.count("instances"),
    threads: fields.count("threads"),
    wallNs: fields.time("wall"),
    ...given(
      "stoodNs",
      fields.optional("stood", () => fields.time("stood")),
    ),
    onCpuNs: fields.time("cpu"),
    runQueueNs: fields.time("runq"),
    faultWait: { ioNs: fields.time("faultio"), otherNs: fields.time("faultother") },
    unfinishedWait: {
      ioNs: fields.time("unfinishedio"),
      otherNs: fields.time("unfinishedother"),
    },
    minorFaults,
    majorFaults: fields.count("majflt"),
    voluntarySwitches: fields.count("nvcsw"),
    involuntarySwitches: fields.count("nivcsw"),
    samples: {
      user: fields.count("suser"),
      syscall: fields.count("ssys"),
      fault: fields.count("sfault"),
    },
    measuredFaultNs: minor === null || major === null ? null : { minor, major },
    ...given(
      "taxes",
      fields.optional("taxes", () => readTaxes(fields)),
    ),
    ...given("faultKinds", readFaultKinds(fields, minorFaults)),
  };
}

/** Bits in the order of `crossingTaxes`, as TAX_SECCOMP and its siblings in native/record.h. */
function readTaxes(fields: Fields): CrossingTax[] {
  const bits = fields.index("taxes", 2 ** crossingTaxes.length - 1);
  return crossingTaxes.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

/** The kinds of the faults looked at, scaled to all; nothing when none was. */
function readFaultKinds(fields: Fields, minorFaults: number): FaultKinds | undefined {
  const names = ["fanon", "ffile", "fother"] as const;
  const samples = fields.optional("fsamples", () => fields.count("fsamples")) ?? 0;
  if (samples === 0) return undefined;
  const [anonymous = 0, file = 0, other = 0] = apportion(
    minorFaults,
    names.map((name) => fields.count(name)),
  );
  return { anonymous, file, other, samples };
}
