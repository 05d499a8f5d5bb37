/** boundary-tax: seccomp, audit or a tracer lengthens every crossing of a process. */
import type { BillProcess } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval, zeroInterval } from "../statistics.ts";
import type { Evidence, Program } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

type Tax = NonNullable<BillProcess["taxes"]>[number];

/** Where it was not measured, in null system calls. Of a filter that looks at one argument. */
const UNMEASURED: Readonly<Record<Tax, Interval>> = {
  seccomp: { low: 0.15, likely: 0.35, high: 0.7 },
  audit: { low: 0.3, likely: 0.8, high: 1.6 },
  ptrace: { low: 30, likely: 80, high: 150 },
};
/** The user's filter is another than the one that was measured. */
const OTHER_FILTER = { low: 0.6, high: 2 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const taxed = program.processes.filter(({ taxes }) => (taxes ?? []).length > 0);
  const crossings = sum(taxed, (process) => process.crossings);
  if (crossings === 0) return [];
  const priced = taxed.map((process) => taxOf(evidence, process, (tax) => tax !== "ptrace"));
  const stopped = taxed.map((process) => taxOf(evidence, process, (tax) => tax === "ptrace"));
  const names = [...new Set(taxed.flatMap(({ taxes }) => taxes ?? []))];
  const saving = addIntervals(zeroInterval, ...priced);
  const waitSaving = addIntervals(zeroInterval, ...stopped);
  return [
    {
      title: `every crossing is lengthened by ${names.join(" and ")}`,
      ...{
        program: program.name,
        processes: taxed.map(({ id }) => id),
        syscalls: [],
        subject: null,
      },
      ...{ saving, waitSaving },
      boundNs: saving.high + waitSaving.high,
      evidence: { crossings, taxes: names.join(", ") },
    },
  ];
}

/** What the taxes that `counts` took of a process. A tracer's are time in which it stands still. */
function taxOf(evidence: Evidence, process: BillProcess, counts: (tax: Tax) => boolean): Interval {
  const taxes = (process.taxes ?? []).filter(counts);
  const each = taxes.map((tax) => scaleInterval(priceOf(evidence, tax), process.crossings));
  return addIntervals(zeroInterval, ...each);
}

function priceOf(evidence: Evidence, tax: Tax): Interval {
  const measured = evidence.price(`${tax}-tax`);
  if (measured === null) {
    const { low, likely, high } = UNMEASURED[tax];
    const nullCall = evidence.bill.prices.nullSyscallNs.likely;
    return { low: low * nullCall, likely: likely * nullCall, high: high * nullCall };
  }
  if (tax !== "seccomp") return measured;
  return {
    low: measured.likely * OTHER_FILTER.low,
    likely: measured.likely,
    high: measured.likely * OTHER_FILTER.high,
  };
}

export const boundaryTax: FindingRule = {
  code: "boundary-tax",
  title: "a monitor lengthens every crossing",
  needs:
    "Threads whose kernel flags say that seccomp, audit or a tracer looks at each system call.",
  gate: "Silent when the recorder could not see the flags.",
  priced: "All crossings at the measured price of such a monitor, or at a wide guess without one.",
  fix: {
    c:
      "fewer calls first. seccomp: one filter, frequent calls first, SECCOMP_FILTER_FLAG_LOG off;\n" +
      "audit: auditctl -a never,task; ptrace: detach, or use eBPF",
    node:
      "fewer calls: larger reads, fewer stats; or another seccomp profile for the container\n" +
      "(docker run --security-opt seccomp=profile.json)",
    python:
      "fewer calls: larger reads, fewer stats; or another seccomp profile for the container\n" +
      "(docker run --security-opt seccomp=profile.json)",
    go:
      "fewer calls: larger reads, fewer stats; or another seccomp profile for the container\n" +
      "(docker run --security-opt seccomp=profile.json)",
  },
  beware: "The monitor is there for a reason: without it what it forbids or reports is not.",
  trial: null,
  look,
};
