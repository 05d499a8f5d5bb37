/** toll: what the crossing itself costs, from a plain call to a read, and what it leaves behind. */
import type { Analysis, BreakEven, FittedParameter, Interval, LabCheck } from "@crossbill/core";
import type { Experiment, Point, Scope } from "../experiment.ts";
import { type Measured, orderCheck } from "../measured.ts";
import { differenceInterval, through } from "../paired.ts";
import { figure, share, interval as shown } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import {
  type Aftermath,
  aftermathCharts,
  aftermathNotes,
  aftermathOf,
  aftermathParameters,
  aftermathPoints,
  aftermathRow,
  crossings,
  isSlowed,
} from "./toll-aftermath.ts";
import { mitigationNotes } from "./toll-mitigations.ts";

const CLAIM = "Entering the kernel costs far more than calling a function.";
/** "Far more": ten times. */
const FAR = 10;
const CLOCK_CLAIM = "A clock that is read through the vDSO is read without a crossing.";
/** An answer from user space costs a fraction of the toll: at most this one. */
const NO_CROSSING = 0.5;
/** What a program may well spend on crossings: the rate it can afford is worth knowing. */
const BUDGET = 0.01;

const LOOP = "the empty loop";
const CALL = "a function call";
const CLOCK = "reading the clock (vDSO)";
const NULL = "a null system call";
const BYTE = "a read of 1 byte";
const LARGE = "a read of 64 KiB";

const steps = [
  { series: LOOP, mechanism: "null", parameters: {} },
  { series: CALL, mechanism: "function-call", parameters: {} },
  { series: CLOCK, mechanism: "timer", parameters: {} },
  { series: NULL, mechanism: "getppid", parameters: {} },
  { series: BYTE, mechanism: "copy", parameters: { bytes: 1 } },
  { series: LARGE, mechanism: "copy", parameters: { bytes: 65_536 } },
] as const;

function plan(scope: Scope): Point[] {
  const all = steps.map((step): Point => ({ ...step, x: 1, role: "shown", seconds: 0.08 }));
  return [...all, ...aftermathPoints(scope)];
}

/** What a step costs without the loop around it; null when one of both was not measured. */
type Net = (series: string) => Interval | null;

function netOf(measured: Measured): Net {
  const loop = measured.cost(LOOP);
  return (series) => {
    const cost = measured.cost(series);
    if (loop === null || cost === null) return null;
    return through(cost, (ns) => Math.max(0, ns - loop.likely));
  };
}

/** How many of `small` one `large` is. */
function multiple(large: Interval | null, small: Interval | null): Interval | null {
  if (large === null || small === null || !(small.likely > 0)) return null;
  return through(large, (ns) => ns / small.likely);
}

/** The clock is not among them: where it has no vDSO, reading it is a system call. */
function checksOf(measured: Measured): LabCheck[] {
  const order = [LOOP, CALL, NULL, BYTE, LARGE];
  const orders = order
    .slice(1)
    .flatMap((series, at) =>
      orderCheck(`${order[at]} < ${series}`, measured.cost(order[at] ?? ""), measured.cost(series)),
    );
  return [...orders, ...measured.linearity()];
}

function parametersOf(net: Net, aftermaths: readonly Aftermath[]): FittedParameter[] {
  const named = [
    { symbol: "f", meaning: "function call", series: CALL },
    { symbol: "v", meaning: "the clock through the vDSO", series: CLOCK },
    { symbol: "t", meaning: "null system call", series: NULL },
    { symbol: "s", meaning: "one-byte read", series: BYTE },
  ];
  const measured = named.flatMap(({ symbol, meaning, series }) => {
    const value = net(series);
    return value === null ? [] : [{ symbol, meaning, unit: "ns", value }];
  });
  return [...measured, ...aftermaths.flatMap(aftermathParameters)];
}

function breakEvensOf(net: Net): BreakEven[] {
  const toll = net(NULL);
  const found: BreakEven[] = [];
  const calls = multiple(toll, net(CALL));
  if (calls !== null) {
    const text = `one null system call costs as much as ${figure(calls.likely)} function calls`;
    found.push({ text, at: calls, unit: "function calls" });
  }
  const byte = net(BYTE);
  if (byte !== null && byte.low > 0) {
    const affordable = (ns: number): number => (BUDGET * 1e9) / ns;
    const at = {
      low: affordable(byte.high),
      likely: affordable(byte.likely),
      high: affordable(byte.low),
    };
    const rate = `${figure(at.likely)} of the smallest reads a second`;
    found.push({ text: `${rate} take ${share(BUDGET)} of one CPU`, at, unit: "calls/s" });
  }
  return found;
}

function farClaim(net: Net, checks: readonly LabCheck[]) {
  const ratio = multiple(net(NULL), net(CALL));
  const why =
    ratio === null
      ? "the call and the system call were not both measured"
      : `a null system call costs as much as ${figure(ratio.likely)} function calls`;
  return judge(CLAIM, checks, decide(ratio === null ? null : ratio.likely > FAR, why));
}

function clockClaim(net: Net, checks: readonly LabCheck[]) {
  const ratio = multiple(net(CLOCK), net(NULL));
  const why =
    ratio === null
      ? "the clock and the system call were not both measured"
      : `reading the clock costs ${share(ratio.likely)} of a null system call`;
  return judge(
    CLOCK_CLAIM,
    checks,
    decide(ratio === null ? null : ratio.likely < NO_CROSSING, why),
  );
}

function aftermathClaim(aftermath: Aftermath, checks: readonly LabCheck[]) {
  const { crossing, shares } = aftermath;
  const part = differenceInterval(shares);
  const claim = `User code runs slower after ${crossing.named}, whose own time is not counted.`;
  const why =
    part === null
      ? "the walks were not all measured"
      : `the walk over half a first-level cache changes by ${share(part.likely)} ` +
        `(${share(part.low)} to ${share(part.high)})`;
  return judge(claim, checks, decide(isSlowed(aftermath), why));
}

function analyse(measured: Measured, scope: Pick<Scope, "machine" | "caches">): Analysis {
  const net = netOf(measured);
  const aftermaths = crossings.map((crossing) => aftermathOf(measured, scope, crossing));
  const checks = checksOf(measured);
  const toll = net(NULL);
  const rows = steps.map(({ series }) => {
    const cost = net(series);
    const tolls = multiple(cost, toll);
    return [
      series,
      cost === null ? "not measured" : shown(cost),
      tolls === null ? "" : figure(tolls.likely),
    ];
  });
  return {
    parameters: parametersOf(net, aftermaths),
    models: aftermaths.flatMap(({ model }) => (model === null ? [] : [model])),
    breakEvens: breakEvensOf(net),
    claims: [
      farClaim(net, checks),
      clockClaim(net, checks),
      ...aftermaths.map((aftermath) => aftermathClaim(aftermath, checks)),
    ],
    checks,
    table: {
      columns: ["step", "ns", "tolls"],
      rows: [...rows, ...aftermaths.map((one) => [...aftermathRow(one), ""])],
    },
    charts: aftermathCharts(measured, aftermaths),
    notes: [...mitigationNotes(scope.machine), ...aftermaths.flatMap(aftermathNotes)],
  };
}

export const toll: Experiment = {
  name: "toll",
  title: "The toll",
  question: "What does it cost to cross into the kernel and back, before anything is done there?",
  claim: CLAIM,
  background: [
    "A system call switches to the kernel's stack, saves the registers and runs what the " +
      "mitigations of this processor's flaws demand, on the way in and on the way out. None " +
      "of that depends on what is asked, so a call that does next to nothing (here getppid) " +
      "shows the toll alone. Some questions need no crossing: the kernel maps a small " +
      "library, the vDSO, into every process, and its clock is read with ordinary " +
      "instructions (vdso(7)).",
    "The smallest useful call costs more than the toll: a read of one byte also looks up " +
      "the descriptor, checks the file's position and finds the page in the cache. This is " +
      "the fixed cost that larger reads share, and the one to compare with a copy.",
    "A crossing has a second price that no timer around it shows. The kernel's code and " +
      "data take the place of the program's in caches and TLB, and the program pays when it " +
      "comes back (Soares and Stumm, FlexSC, OSDI 2010). Many virtual machines have no " +
      "counters of cache misses, so the lab takes the time instead: user code walks its own " +
      "cache lines in random order, alone and after a call; what both together take longer " +
      "than each alone is the aftermath. The model charges it by the line: T = c + (w + r) " +
      "lines.",
    "A difference can be negative: a processor works ahead, and overlaps the end of a " +
      "crossing with what comes next. Then the crossing leaves no trace that a program could " +
      "feel.",
  ],
  budgetSeconds: 12,
  plan,
  analyse,
};
