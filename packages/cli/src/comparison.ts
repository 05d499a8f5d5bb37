/** Comparison: two lab reports or two prices files, figure by figure. Pure. */
import {
  type BreakEven,
  type Interval,
  type LabReport,
  type LabReportOrPrices,
  type Machine,
  type Prices,
  UsageError,
  type Verdict,
} from "@crossbill/core";

export const COMPARISON_SCHEMA = "crossbill.comparison/1";

/** Whether two figures differ by more than their intervals. */
export type Difference = "differs" | "same within noise" | "cannot tell";

export interface ComparedFigure {
  /** Topic of the lab, or "prices". */
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  /** Null: that side has no such figure. */
  readonly a: Interval | null;
  readonly b: Interval | null;
  /** b over a, of the likely values and at its extremes; null when a side is missing or a is 0. */
  readonly ratio: Interval | null;
  readonly difference: Difference;
}

export interface ComparedVerdict {
  readonly topic: string;
  readonly claim: string;
  readonly a: Verdict | null;
  readonly b: Verdict | null;
}

export interface Comparison {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly kind: LabReportOrPrices["kind"];
  /** What the machines or the runs differ in: CPU, kernel, mitigations... */
  readonly machine: readonly { readonly what: string; readonly a: string; readonly b: string }[];
  readonly figures: readonly ComparedFigure[];
  readonly verdicts: readonly ComparedVerdict[];
}

/** @throws UsageError when they are not of one kind. */
export function compareFiles(a: LabReportOrPrices, b: LabReportOrPrices): Comparison {
  if (a.kind === "lab report" && b.kind === "lab report") return compareReports(a.report, b.report);
  if (a.kind === "prices file" && b.kind === "prices file")
    return comparePrices(a.prices, b.prices);
  throw new UsageError(`a ${a.kind} cannot be compared with a ${b.kind}`, {
    remedy: "name two lab reports or two prices files",
  });
}

function compareReports(a: LabReport, b: LabReport): Comparison {
  const figures = bothOf(figuresOf(a), figuresOf(b)).map(([one, other]) =>
    compareFigure(one, other),
  );
  const verdicts = bothOf(verdictsOf(a), verdictsOf(b)).flatMap(([one, other]) => {
    const known = one ?? other;
    if (known === null) return [];
    const { topic, claim } = known;
    return [{ topic, claim, a: one?.verdict ?? null, b: other?.verdict ?? null }];
  });
  return {
    schema: COMPARISON_SCHEMA,
    kind: "lab report",
    machine: [...machineDifferences(a.machine, b.machine), ...runDifferences(a, b)],
    figures,
    verdicts,
  };
}

function comparePrices(a: Prices, b: Prices): Comparison {
  return {
    schema: COMPARISON_SCHEMA,
    kind: "prices file",
    machine: [...machineDifferences(a.machine, b.machine), ...runDifferences(a, b)],
    figures: bothOf(pricesOf(a), pricesOf(b)).map(([one, other]) => compareFigure(one, other)),
    verdicts: [],
  };
}

interface Figure {
  readonly key: string;
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly value: Interval;
  /** Of one round only: its interval says nothing. */
  readonly isSingle: boolean;
}

function figuresOf({ topics }: LabReport): Figure[] {
  return topics.flatMap(({ name: group, rounds, analysis }) => [
    ...analysis.parameters.map(({ symbol, meaning, unit, value }) => ({
      key: [group, symbol, meaning, unit].join("\n"),
      ...{ group, name: `${symbol}  ${meaning}`, unit, value, isSingle: rounds < 2 },
    })),
    ...breakEvensOf(group, rounds, analysis.breakEvens),
  ]);
}

/** What a figure and its unit look like in the sentence of a break-even. */
const FIGURE = /-?\d[\d.,]*(e[+-]?\d+)?(\s?(B|KiB|MiB|GiB|ns|us|µs|ms|s|%)(?![\w]))?/g;

/** Break-evens of two reports are the same one when their sentences agree but for the figures. */
function breakEvensOf(group: string, rounds: number, breakEvens: readonly BreakEven[]): Figure[] {
  const seen = new Map<string, number>();
  return breakEvens.flatMap(({ text, at, unit }) => {
    if (at === null) return [];
    const name = text.replace(FIGURE, "...");
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const key = [group, "break-even", name, unit, count].join("\n");
    return [{ key, group, name, unit, value: at, isSingle: rounds < 2 }];
  });
}

function verdictsOf({ topics }: LabReport) {
  return topics.flatMap(({ name: topic, analysis }) =>
    analysis.claims.map(({ claim, verdict }) => ({
      key: `${topic}\n${claim}`,
      topic,
      claim,
      verdict,
    })),
  );
}

function pricesOf(prices: Prices): Figure[] {
  const { ebpfSampled, ebpfExact, ptrace } = prices.recorders;
  const rows: (readonly [string, string, Interval | null | undefined])[] = [
    ["null system call", "ns", prices.nullSyscallNs],
    ["one-byte read", "ns", prices.oneByteReadNs],
    ...prices.copyNsPerByte.map(({ tier, ns }) => [`copy in ${tier}`, "ns/B", ns] as const),
    ["minor fault, anonymous", "ns", prices.anonymousFaultNs],
    ["minor fault, file", "ns", prices.fileFaultNs],
    ["context switch", "ns", prices.contextSwitchNs],
    ...Object.values(prices.mechanisms ?? {}).map(({ what, ns }) => [what, "ns", ns] as const),
    ["recorder ebpf", "ns", ebpfSampled?.overheadNsPerCrossing],
    ["recorder ebpf --exact-time", "ns", ebpfExact?.overheadNsPerCrossing],
    ["recorder ptrace", "ns", ptrace?.overheadNsPerCrossing],
  ];
  return rows.flatMap(([name, unit, value]) =>
    value === null || value === undefined
      ? []
      : [{ key: `${name}\n${unit}`, group: "prices", name, unit, value, isSingle: false }],
  );
}

/** Members of both lists side by side, in the order of the first; what only one has is kept. */
function bothOf<T extends { readonly key: string }>(
  a: readonly T[],
  b: readonly T[],
): (readonly [T | null, T | null])[] {
  const [inA, inB] = [
    new Map(a.map((one) => [one.key, one])),
    new Map(b.map((one) => [one.key, one])),
  ];
  return [...new Set([...inA.keys(), ...inB.keys()])].map((key) => [
    inA.get(key) ?? null,
    inB.get(key) ?? null,
  ]);
}

function compareFigure(a: Figure | null, b: Figure | null): ComparedFigure {
  const { group, name, unit } = a ?? b ?? { group: "", name: "", unit: "" };
  const figure = { group, name, unit, a: a?.value ?? null, b: b?.value ?? null };
  if (a === null || b === null) return { ...figure, ratio: null, difference: "cannot tell" };
  const ratio = ratioOf(a.value, b.value);
  if (a.isSingle || b.isSingle) return { ...figure, ratio, difference: "cannot tell" };
  const overlap = a.value.low <= b.value.high && b.value.low <= a.value.high;
  return { ...figure, ratio, difference: overlap ? "same within noise" : "differs" };
}

function ratioOf(a: Interval, b: Interval): Interval | null {
  const ratio = {
    low: b.low / a.high,
    likely: b.likely / a.likely,
    // The lower end of a price may be 0; the ratio then has no upper end that means something.
    high: a.low > 0 ? b.high / a.low : b.likely / a.likely,
  };
  return Object.values(ratio).every(Number.isFinite) ? ratio : null;
}

const plainFields = [
  ["CPU", "cpu"],
  ["architecture", "architecture"],
  ["CPUs", "cpus"],
  ["memory", "memoryBytes"],
  ["kernel", "kernel"],
  ["distribution", "distribution"],
  ["hypervisor", "hypervisor"],
  ["clock source", "clockSource"],
  ["governor", "governor"],
  ["huge pages", "transparentHugePages"],
] as const;

function machineDifferences(a: Machine, b: Machine): Comparison["machine"] {
  const text = (value: string | number | null) => (value === null ? "unknown" : String(value));
  const plain = plainFields.map(([what, field]) => ({
    what,
    a: text(a[field]),
    b: text(b[field]),
  }));
  const names = [...new Set([...Object.keys(a.mitigations), ...Object.keys(b.mitigations)])];
  const mitigations = names.toSorted().map((name) => ({
    what: `mitigation ${name}`,
    a: a.mitigations[name] ?? "unknown",
    b: b.mitigations[name] ?? "unknown",
  }));
  const differing = [...plain, ...mitigations].filter((row) => row.a !== row.b);
  // The microcode is only in the key.
  return differing.length > 0 || a.key === b.key
    ? differing
    : [{ what: "microcode", a: "one", b: "another" }];
}

interface Run {
  readonly measuredAt: string;
  readonly quick: boolean;
  readonly conditions?: LabReport["conditions"];
}

/** When and how thoroughly the two were measured. */
function runDifferences(a: Run, b: Run): Comparison["machine"] {
  const rows = [
    { what: "measured", a: a.measuredAt, b: b.measuredAt },
    { what: "run", a: a.quick ? "quick" : "full", b: b.quick ? "quick" : "full" },
    { what: "load", a: load(a), b: load(b) },
  ];
  return rows.filter((row) => row.a !== row.b);
}

function load({ conditions }: Run): string {
  if (conditions === undefined) return "";
  const { loadBefore, loadAfter, stealShare } = conditions;
  return `${loadBefore} to ${loadAfter}, ${(stealShare * 100).toFixed(1)} % stolen`;
}
