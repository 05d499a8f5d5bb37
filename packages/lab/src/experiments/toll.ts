/** toll: what the crossing itself costs, from a plain call to a read. */
import type { Analysis, Interval, Machine } from "@crossbill/core";
import type { Experiment, Point, Scope } from "../experiment.ts";
import { type Measured, orderCheck } from "../measured.ts";
import { interval as shown } from "../text.ts";
import { decide, judge } from "../verdict.ts";

const CLAIM = "Entering the kernel costs far more than calling a function.";
/** "Far more": ten times. */
const FAR = 10;

/** From the cheapest to the dearest, as on every machine. */
const steps = [
  { series: "the empty loop", mechanism: "null", parameters: {} },
  { series: "a function call", mechanism: "function-call", parameters: {} },
  { series: "reading the clock (vDSO)", mechanism: "timer", parameters: {} },
  { series: "a null system call", mechanism: "getppid", parameters: {} },
  { series: "a read of 1 byte", mechanism: "copy", parameters: { bytes: 1 } },
  { series: "a read of 64 KiB", mechanism: "copy", parameters: { bytes: 65_536 } },
] as const;

function plan(): Point[] {
  return steps.map((step) => ({ ...step, x: 1, role: "shown", seconds: 0.1 }));
}

/** Mitigations that cost something at the boundary: those that the kernel says are on. */
function mitigations(machine: Machine): string[] {
  return Object.entries(machine.mitigations)
    .filter(([, state]) => state.startsWith("Mitigation"))
    .map(([name, state]) => `${name}: ${state}`);
}

function analyse(measured: Measured, { machine }: Pick<Scope, "machine">): Analysis {
  const costs = steps.map(({ series }) => measured.cost(series));
  const loop = costs[0]?.likely ?? 0;
  const net = costs.map((cost) => (cost === null ? null : less(cost, loop)));
  const checks = steps
    .slice(1)
    .flatMap(({ series }, at) =>
      orderCheck(`${steps[at]?.series} < ${series}`, costs[at] ?? null, costs[at + 1] ?? null),
    );
  checks.push(...measured.linearity());
  const [, call, , crossing, read] = net;
  const ratio = call && crossing ? crossing.likely / Math.max(call.likely, 0.1) : null;
  const named = mitigations(machine);
  return {
    parameters: [
      { symbol: "t", meaning: "null system call", unit: "ns", value: crossing ?? NOTHING },
      { symbol: "s", meaning: "one-byte read", unit: "ns", value: read ?? NOTHING },
    ],
    models: [],
    breakEvens: [],
    claims: [
      judge(
        CLAIM,
        checks,
        decide(
          ratio === null ? null : ratio > FAR,
          ratio === null
            ? "nothing was measured"
            : `a null system call is ${ratio.toFixed(0)} calls`,
        ),
      ),
    ],
    checks,
    table: {
      columns: ["step", "ns"],
      rows: steps.map(({ series }, at) => [series, net[at] ? shown(net[at]) : "not measured"]),
    },
    charts: [],
    notes:
      named.length > 0 ? [`mitigations at work: ${named.join("; ")}`] : ["no mitigation is on"],
  };
}

const NOTHING: Interval = { low: 0, likely: 0, high: 0 };

function less({ low, likely, high }: Interval, by: number): Interval {
  const at = (ns: number) => Math.max(0, ns - by);
  return { low: at(low), likely: at(likely), high: at(high) };
}

export const toll: Experiment = {
  name: "toll",
  title: "The toll",
  question: "What does it cost to cross into the kernel and back, before anything is done there?",
  claim: CLAIM,
  background: [
    "A system call switches to the kernel's stack, saves the registers and runs what the mitigations of this processor's flaws demand, on the way in and on the way out. None of that depends on what is asked.",
  ],
  budgetSeconds: 8,
  plan,
  analyse,
};
