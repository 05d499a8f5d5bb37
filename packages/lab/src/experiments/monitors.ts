/** monitors: what it costs to watch every system call, from a filter to ptrace. */
import type { Analysis, BreakEven, Interval, JudgedClaim, LabCheck, Table } from "@crossbill/core";
import type { Experiment } from "../experiment.ts";
import { countOf, Measured, modelLine } from "../measured.ts";
import { duration, figure, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import {
  type CallModel,
  fitCalls,
  type ProgramRun,
  programModel,
  programRate,
  programRuns,
} from "./monitors-model.ts";
import {
  apartSeries,
  DISPATCH,
  EBPF_ONE,
  EBPF_PAIR,
  monitorKinds,
  NOTHING,
  NOTIFY,
  PRELOAD,
  PTRACE,
  PTRACE_SECCOMP,
  planMonitors,
  programSeries,
  programs,
  SAMPLED,
  SECCOMP_ARGUMENT,
} from "./monitors-points.ts";

const SWITCHES = "ptrace adds two context switches to every system call.";
const UNUSABLE = "The penalty of ptrace is so severe that it can make a system unusable.";
const GATE = "An eBPF program checks at the gate, for a small part of what ptrace costs.";

/** Within this of two, they are two. */
const SWITCHES_CLAIMED = 2;
const SWITCHES_TOLERANCE = 0.5;
/** Nobody waits ten times as long without calling it unusable. */
const UNUSABLE_TIMES = 10;
/** "A small part": a tenth. */
const SMALL_PART = 10;
/** What most will pay for being watched. */
const BUDGET = 0.05;
/** In fewer calls of a round a stray switch counts for too much. */
const FEWEST_CALLS = 8;

/** Context switches a call, of watched and watcher together; NaN when they were not counted. */
function switchesOf(measured: Measured, series: string): number {
  const found = measured
    .series(series)
    .findLast(({ x, counts }) => x >= FEWEST_CALLS && (counts["seen"] ?? 0) > 0);
  return countOf(found, "switches") / countOf(found, "seen");
}

function budgetRate({ low, likely, high }: Interval): Interval | null {
  if (!(low > 0)) return null;
  const rate = (ns: number): number => (BUDGET * 1e9) / ns;
  return { low: rate(high), likely: rate(likely), high: rate(low) };
}

function budgets(added: CallModel["added"]): BreakEven[] {
  return [PTRACE, NOTIFY, EBPF_PAIR, SAMPLED].flatMap((name) => {
    const price = added.get(name);
    const at = price === undefined ? null : budgetRate(price);
    if (at === null) return [];
    const calls = `${figure(at.likely)} system calls a second`;
    const text = `${name} fits into ${share(BUDGET)} of a CPU's time up to ${calls} on it`;
    return [{ text, at, unit: "calls/s" }];
  });
}

/** The share of calls that may raise an alarm in user space before ptrace is as cheap: o + a alarm. */
function alarms(added: CallModel["added"]): BreakEven[] {
  const [ebpf, ptrace, alarm] = [EBPF_PAIR, PTRACE, NOTIFY].map((name) => added.get(name)?.likely);
  if (ebpf === undefined || ptrace === undefined || alarm === undefined || !(alarm > 0)) return [];
  const at = (ptrace - ebpf) / alarm;
  if (at >= 1) {
    const both = `eBPF with alarms would cost ${duration(ebpf + alarm)} a call, ptrace ${duration(ptrace)}`;
    const text = `even if every call raised an alarm that another process answers, ${both}`;
    return [{ text, at: null, unit: "share of calls" }];
  }
  const raised = `${share(at)} of the calls raise an alarm of ${duration(alarm)}`;
  const text = `eBPF whose alarms another process answers costs as much as ptrace when ${raised}`;
  return [{ text, at: { low: at, likely: at, high: at }, unit: "share of calls" }];
}

/**
 * What a monitor adds is a difference, whose noise is that of a whole round: the order is violated when
 * even the intervals are in the wrong one.
 */
function clearOrder(check: string, cheap: Interval | null, dear: Interval | null): LabCheck[] {
  return cheap === null || dear === null ? [] : [{ check, holds: cheap.low < dear.high }];
}

function checksOf(measured: Measured, added: CallModel["added"]): LabCheck[] {
  const at = (name: string): Interval | null => added.get(name) ?? null;
  const complete = monitorKinds
    .filter(({ slow }) => slow === true)
    .flatMap(({ name }) => measured.series(name))
    .map(({ series, x, counts }) => ({ series, x, counts }))
    .filter(({ counts }) => counts["seen"] !== undefined)
    .map(({ series, x, counts }) => ({
      check: `${series} at ${x}: it saw every call`,
      holds: counts["seen"] === counts["calls"],
    }))
    .filter(({ holds }) => !holds);
  return [
    ...clearOrder("one eBPF hook < two", at(EBPF_ONE), at(EBPF_PAIR)),
    ...clearOrder("two eBPF hooks < ptrace at the entry", at(EBPF_PAIR), at(PTRACE_SECCOMP)),
    ...clearOrder("ptrace at the entry < ptrace at both ends", at(PTRACE_SECCOMP), at(PTRACE)),
    ...complete,
    // What is only shown is in no verdict; on two CPUs the scheduler decides what it costs.
    ...new Measured(measured.points.filter(({ role }) => role !== "shown")).linearity(),
  ];
}

function judgeSwitches(measured: Measured, checks: readonly LabCheck[]): JudgedClaim {
  const switches = switchesOf(measured, PTRACE);
  if (Number.isNaN(switches)) {
    const why = measured.missing(PTRACE) ?? "no switches were counted";
    return judge(SWITCHES, checks, decide(null, why));
  }
  const isTwo = Math.abs(switches - SWITCHES_CLAIMED) <= SWITCHES_TOLERANCE;
  const entry = switchesOf(measured, PTRACE_SECCOMP);
  const also = Number.isNaN(entry) ? "" : `; stopped at the entry alone it is ${figure(entry)}`;
  const why = `the kernel counted ${figure(switches)} a call in watched and watcher together${also}`;
  return judge(SWITCHES, checks, decide(isTwo, why));
}

function judgeUnusable(runs: readonly ProgramRun[], checks: readonly LabCheck[]): JudgedClaim {
  const traced = runs
    .filter(({ monitor }) => monitor === PTRACE)
    .toSorted((a, b) => b.times - a.times);
  const [worst] = traced;
  if (worst === undefined) {
    return judge(UNUSABLE, checks, decide(null, "no program was measured under ptrace"));
  }
  const why = traced.map(({ program, times }) => `${program} takes ${figure(times)} times as long`);
  const verdict = decide(
    worst.times >= UNUSABLE_TIMES,
    `${why.join(", ")}: it depends on how often a program calls`,
  );
  return judge(UNUSABLE, checks, verdict);
}

function judgeGate(added: CallModel["added"], checks: readonly LabCheck[]): JudgedClaim {
  const [ebpf, ptrace] = [added.get(EBPF_PAIR), added.get(PTRACE)];
  if (ebpf === undefined || ptrace === undefined) {
    return judge(GATE, checks, decide(null, "one of the two was not measured"));
  }
  const why = `hooks at entry and exit add ${duration(ebpf.likely)} a call, ptrace ${duration(ptrace.likely)}`;
  if (ebpf.high * SMALL_PART < ptrace.low) return judge(GATE, checks, decide(true, why));
  const isLarger = ebpf.low * SMALL_PART > ptrace.high;
  return judge(GATE, checks, decide(isLarger ? false : null, why));
}

function tableOf(measured: Measured, calls: CallModel, runs: readonly ProgramRun[]): Table {
  const rows = monitorKinds.map(({ name }) => {
    const added = calls.added.get(name);
    const rate = added !== undefined && added.likely > 0 ? (BUDGET * 1e9) / added.likely : null;
    const switches = switchesOf(measured, name);
    const times = programs.map((program) => {
      const found = runs.find((one) => one.program === program && one.monitor === name);
      return found === undefined ? "-" : `${figure(found.times)}x`;
    });
    return [
      name,
      added === undefined ? "-" : figure(added.likely),
      Number.isNaN(switches) ? "-" : figure(Math.round(switches * 10) / 10),
      rate === null ? "-" : figure(rate),
      ...times,
    ];
  });
  return {
    columns: ["monitor", "ns a call", "switches", "5 %: calls/s", "dd", "ls", "sha256"],
    rows,
  };
}

/** One of each place where a monitor can stand: all would be a tangle. */
const drawn = [SECCOMP_ARGUMENT, EBPF_PAIR, DISPATCH, NOTIFY, PTRACE];

/** ns of a round that nothing watches, by the model. */
function bareRound({ work, call }: CallModel, x: number): number {
  return (work?.likely ?? Number.NaN) + x * (call?.likely ?? Number.NaN);
}

function chartsOf(measured: Measured, calls: CallModel): Analysis["charts"] {
  const shown = drawn.filter((name) => measured.series(name).length > 0);
  const xs = [1, 4, 16, 64, 256];
  const bare = (x: number): number => bareRound(calls, x);
  const lines = shown.map((name) => measured.line(name));
  const models = shown.flatMap((name) => {
    const added = calls.added.get(name)?.likely;
    if (added === undefined) return [];
    return [modelLine(`${name} (model)`, xs, (x) => bare(x) + x * added)];
  });
  const rounds = {
    title: "One round: the same computing and k calls",
    x: { label: "calls of a round", unit: "calls", log: true },
    y: { label: "time of a round", unit: "ns", log: true },
    series: [measured.line(NOTHING), ...lines, ...models].map((line) => ({
      ...line,
      points: line.points.filter(({ x }) => x > 0),
    })),
    marks: [],
  };
  if (calls.call === null) return [rounds];
  const rates = [1e3, 1e4, 1e5, 1e6];
  const budget = shown.flatMap((name) => {
    const added = calls.added.get(name)?.likely;
    if (added === undefined || !(added > 0)) return [];
    return [modelLine(name, rates, (rate) => (rate * added) / 1e7)];
  });
  const marks = [PTRACE, EBPF_PAIR].flatMap((name) => {
    const added = calls.added.get(name);
    const at = added === undefined ? null : budgetRate(added);
    return at === null ? [] : [{ x: at.likely, label: `${name}: ${share(BUDGET)}` }];
  });
  const overhead = {
    title: "What watching adds, by how often a program calls",
    x: { label: "system calls a second", unit: "calls/s", log: true },
    y: { label: "time added", unit: "%", log: true },
    series: budget,
    marks,
  };
  return budget.length === 0 ? [rounds] : [rounds, overhead];
}

/** What a library sees of all calls of a program, as user dispatch counts them from its start. */
function coverage(measured: Measured): string[] {
  const seen = programs.flatMap((program) => {
    const [own, all] = [PRELOAD, DISPATCH].map((name) =>
      countOf(measured.point(programSeries(program, name)), "seen"),
    );
    if (own === undefined || all === undefined || !(own >= 0) || !(all > 0)) return [];
    return [`${figure(own)} of ${program}'s ${figure(all)}`];
  });
  if (seen.length === 0) return [];
  return [
    `LD_PRELOAD saw ${seen.join(", ")} calls`,
    "a library sees only what passes through public functions: it is cheap, but no guard",
  ];
}

function notesOf(measured: Measured): string[] {
  const absent = monitorKinds.flatMap(({ name }) => {
    const why = measured.missing(name);
    return why === null ? [] : [`${name}: ${why}`];
  });
  const apart = [NOTIFY, PTRACE].flatMap((name) => {
    const cost = measured.point(apartSeries(name));
    const same = measured.cost(name, cost?.x);
    const other = measured.cost(apartSeries(name));
    if (same === null || other === null) return [];
    const times = figure(other.likely / same.likely);
    return [
      `${name} with the watcher on a second CPU, which each switch wakes: ${times} times that`,
    ];
  });
  const rates = programs.flatMap((program) => {
    const rate = programRate(measured, program);
    return rate === null ? [] : [`${program} ${figure(rate.perSecond)}/s (${figure(rate.calls)})`];
  });
  const counted =
    rates.length > 0 ? [`calls a second when nothing watches: ${rates.join(", ")}`] : [];
  return [...counted, ...apart, ...coverage(measured), ...absent];
}

function analyse(measured: Measured): Analysis {
  const calls = fitCalls(measured);
  const runs = programRuns(measured, calls);
  const checks = checksOf(measured, calls.added);
  const unit = "ns";
  return {
    parameters: [
      ...(calls.call === null
        ? []
        : [{ symbol: "s", meaning: "a call that nothing watches", unit, value: calls.call }]),
      ...monitorKinds.flatMap(({ name, symbol }) => {
        const value = calls.added.get(name);
        return value === undefined ? [] : [{ symbol, meaning: `${name}, added`, unit, value }];
      }),
    ],
    models: [calls.model, programModel(runs)].filter((model) => model !== null),
    breakEvens: [...budgets(calls.added), ...alarms(calls.added)],
    claims: [
      judgeSwitches(measured, checks),
      judgeUnusable(runs, checks),
      judgeGate(calls.added, checks),
    ],
    checks,
    table: tableOf(measured, calls, runs),
    charts: chartsOf(measured, calls),
    notes: notesOf(measured),
  };
}

export const monitors: Experiment = {
  name: "monitors",
  title: "Watching every call",
  question: "What does it cost to watch every system call of a program, and how often may it call?",
  claim: `${SWITCHES} ${GATE}`,
  background: [
    `A monitor can stand at several places. In the program itself: a library before the C library
(LD_PRELOAD), which sees only what passes through it, or syscall user dispatch, where the kernel
turns each call into a signal that the program handles (Linux 5.11). In the kernel: a seccomp
filter, which since Linux 5.11 is answered from a bitmap when only the call's number matters, or
an eBPF program on the tracepoints of entry and exit. Or in another process: seccomp user
notification, and ptrace.`,
    `Another process can only look while the watched one stands. With ptrace the program stops
twice for each call, at its entry and at its exit. Each stop is a switch to the watcher and one
back, so a call costs four context switches and the watcher's own system calls: wait, read the
number, let go. A seccomp filter that says which calls are wanted saves the stop at the exit and
with it two of the four. The lab counts the switches of both processes as the kernel does, and
charges the watcher's time by keeping both on one CPU.`,
    `The model is T' = T + n o: n calls, each dearer by o, whatever the call does. It is fitted to
rounds of computing with 1 to 128 calls and then tried on real programs that it has not seen: dd
with small blocks, ls -l of a large folder, sha256sum of a file. From o follows the budget: 5 % of
a CPU's time hold 0.05 / o calls a second. With alarms that only a share a of the calls raises, an
eBPF monitor costs n (o + a alarm), where the alarm is a question to another process, as user
notification is.`,
    `For comparison: strace made a program 442 times slower (Gregg 2014, 44.8 µs a call);
zpoline's authors measured 1.2 µs for user dispatch and 31 µs for ptrace (USENIX ATC 2023).`,
  ],
  budgetSeconds: 45,
  plan: planMonitors,
  analyse,
};
