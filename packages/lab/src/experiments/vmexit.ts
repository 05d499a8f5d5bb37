/** vmexit: what it costs when every system call of a guest first goes to its hypervisor. */
import type {
  Analysis,
  BreakEven,
  Interval,
  JudgedClaim,
  LabCheck,
  Machine,
  Table,
} from "@crossbill/core";
import type { Experiment, Scope } from "../experiment.ts";
import { type Measured, modelLine, orderCheck } from "../measured.ts";
import { duration, figure, interval, share } from "../text.ts";
import { decide, judge } from "../verdict.ts";
import {
  countExits,
  type ExitCount,
  fitWorld,
  recordedShare,
  type WorldModel,
} from "./vmexit-model.ts";
import {
  CALL,
  CPUID,
  CPUID_MEDIAN,
  GUEST,
  GUEST_MONITORED,
  guest,
  LOOP,
  PROCESS,
  PROCESS_MONITORED,
  planExits,
  process,
} from "./vmexit-points.ts";
import { notesOf, stateOf } from "./vmexit-states.ts";

const HEAVIER = "A VM exit is like a system call, but far heavier.";
const FORCED = "A handler page that cannot be fetched forces an exit at every system call.";
const MASSIVE = "Watching a guest so has a massive overhead on every single system call.";

/** "Far heavier" and "massive": ten times. */
const FAR = 10;
/** What most will pay for being watched. */
const BUDGET = 0.05;

interface Found {
  readonly guestModel: WorldModel | null;
  readonly processModel: WorldModel | null;
  readonly exits: ExitCount | null;
  readonly cpuid: Interval | null;
  readonly call: Interval | null;
  /** CPUID exits here, as we are in a guest ourselves. */
  readonly isInGuest: boolean;
}

function find(measured: Measured, machine: Machine): Found {
  const loop = measured.cost(LOOP)?.likely ?? 0;
  const less = (cost: Interval | null): Interval | null => {
    if (cost === null) return null;
    const at = (ns: number): number => Math.max(0, ns - loop);
    return { low: at(cost.low), likely: at(cost.likely), high: at(cost.high) };
  };
  return {
    guestModel: fitWorld(measured, guest),
    processModel: fitWorld(measured, process),
    exits: countExits(measured),
    cpuid: less(measured.cost(CPUID)),
    call: less(measured.cost(CALL)),
    isInGuest: machine.hypervisor !== null && machine.hypervisor !== "none",
  };
}

function parametersOf(found: Found): Analysis["parameters"] {
  const { guestModel, processModel, exits, cpuid, call } = found;
  const unit = "ns";
  const of = (symbol: string, meaning: string, value: Interval | null | undefined) =>
    value === null || value === undefined ? [] : [{ symbol, meaning, unit, value }];
  const added = guestModel?.added ?? null;
  const more = exits === null ? 0 : exits.monitored - exits.plain;
  const each = (ns: number): number => ns / more;
  const single =
    added === null || !(more > 0)
      ? null
      : { low: each(added.low), likely: each(added.likely), high: each(added.high) };
  return [
    ...of("t", "null system call of this system", call),
    ...of("E_cpuid", found.isInGuest ? "exit by CPUID" : "CPUID, which does not exit here", cpuid),
    ...of("c", "guest call, unmonitored", guestModel?.call),
    ...of("x E", "added by the guest's monitor", added),
    ...of("E", "one exit, with what the monitor does", single),
    ...of("c_p", "process call, unmonitored", processModel?.call),
    ...of("E_p", "added by the process's own trap", processModel?.added),
  ];
}

function budget(what: string, added: Interval | null | undefined): BreakEven[] {
  if (added === null || added === undefined || !(added.low > 0)) return [];
  const rate = (ns: number): number => (BUDGET * 1e9) / ns;
  const at = { low: rate(added.high), likely: rate(added.likely), high: rate(added.low) };
  const calls = `${figure(at.likely)} calls a second`;
  const text = `${what} fits into ${share(BUDGET)} of a CPU's time up to ${calls}`;
  return [{ text, at, unit: "calls/s" }];
}

function breakEvensOf({ guestModel, processModel, cpuid, call, isInGuest }: Found): BreakEven[] {
  const calls = cpuid !== null && call !== null && call.low > 0 && isInGuest;
  const worth: BreakEven[] = [];
  if (calls) {
    const at = {
      low: cpuid.low / call.high,
      likely: cpuid.likely / call.likely,
      high: cpuid.high / call.low,
    };
    const text = `one exit (CPUID) costs as much as ${figure(at.likely)} null system calls`;
    worth.push({ text, at, unit: "calls" });
  }
  return [
    ...worth,
    ...budget("watching a guest by exits", guestModel?.added),
    ...budget("watching a process by page traps", processModel?.added),
  ];
}

function checksOf(measured: Measured, found: Found): LabCheck[] {
  /** At the most calls that were measured both ways. */
  const order = (plain: string, monitored: string): LabCheck[] => {
    const both = measured.series(monitored).findLast(({ x }) => measured.point(plain, x));
    if (both === undefined) return [];
    const [cheap, dear] = [plain, monitored].map((name) => measured.cost(name, both.x));
    return orderCheck(`${plain} < ${monitored}`, cheap ?? null, dear ?? null);
  };
  const whole = [GUEST_MONITORED, PROCESS_MONITORED].flatMap((series) => {
    const part = recordedShare(measured, series);
    return part === null
      ? []
      : [{ check: `${series}: every call was recorded`, holds: part > 0.999 && part < 1.001 }];
  });
  return [
    ...orderCheck("a call < an exit by CPUID", found.isInGuest ? found.call : null, found.cpuid),
    ...order(GUEST, GUEST_MONITORED),
    ...order(PROCESS, PROCESS_MONITORED),
    ...whole,
    ...measured.linearity(),
  ];
}

function judgeHeavier(found: Found, checks: readonly LabCheck[]): JudgedClaim {
  const { cpuid, call, isInGuest } = found;
  if (!isInGuest) {
    return judge(HEAVIER, checks, decide(null, "CPUID exits only in a guest, and this is none"));
  }
  if (cpuid === null || call === null || !(call.low > 0)) {
    return judge(HEAVIER, checks, decide(null, "one of the two was not measured"));
  }
  const times = cpuid.likely / call.likely;
  const why = `an exit by CPUID takes ${duration(cpuid.likely)}: ${figure(times)} null system calls`;
  if (cpuid.low > FAR * call.high) return judge(HEAVIER, checks, decide(true, why));
  return judge(HEAVIER, checks, decide(cpuid.high < FAR * call.low ? false : null, why));
}

function judgeForced(
  measured: Measured,
  { exits }: Found,
  checks: readonly LabCheck[],
): JudgedClaim {
  const part = recordedShare(measured, GUEST_MONITORED);
  if (part === null) {
    const why = measured.missing(GUEST_MONITORED) ?? "no calls were counted";
    return judge(FORCED, checks, decide(null, stateOf(why)?.word ?? why));
  }
  const counted =
    exits === null
      ? "this kernel counts no exits"
      : `exits a call, counted by the kernel: ${shownCount(exits.plain)}, then ${shownCount(exits.monitored)}`;
  const why = `${share(part)} of the calls came to the monitor; ${counted}`;
  return judge(FORCED, checks, decide(part > 0.999, why));
}

/** To a hundredth: the interrupts of a batch add a few exits of their own. */
function shownCount(exits: number): string {
  return figure(Math.round(exits * 100) / 100);
}

function judgeMassive({ guestModel }: Found, checks: readonly LabCheck[]): JudgedClaim {
  const added = guestModel?.added;
  if (guestModel === null || added === null || added === undefined) {
    return judge(MASSIVE, checks, decide(null, "no guest was measured both ways"));
  }
  const { call } = guestModel;
  const times = 1 + added.likely / call.likely;
  const both = `${duration(call.likely)}, monitored ${duration(call.likely + added.likely)}`;
  const why = `a guest call takes ${both}: ${figure(times)} times as long`;
  if (added.low > FAR * call.high) return judge(MASSIVE, checks, decide(true, why));
  return judge(MASSIVE, checks, decide(added.high < FAR * call.low ? false : null, why));
}

function tableOf(measured: Measured, found: Found): Table {
  const { guestModel, processModel, exits } = found;
  const sum = (model: WorldModel | null): Interval | null => {
    const added = model?.added;
    if (model === null || added === null || added === undefined) return null;
    const { call } = model;
    return {
      low: call.low + added.low,
      likely: call.likely + added.likely,
      high: call.high + added.high,
    };
  };
  const shown = (value: Interval | null | undefined): string =>
    value === null || value === undefined ? "not measured" : interval(value);
  const times = (count: number | undefined): string =>
    count === undefined ? "-" : shownCount(count);
  return {
    columns: ["what", "ns", "exits a call"],
    rows: [
      [CALL, shown(found.call), "-"],
      ["CPUID, undisturbed", shown(found.cpuid), found.isInGuest ? "1" : "0"],
      [CPUID_MEDIAN, shown(measured.cost(CPUID_MEDIAN)), found.isInGuest ? "1" : "0"],
      [GUEST, shown(guestModel?.call), times(exits?.plain)],
      [GUEST_MONITORED, shown(sum(guestModel)), times(exits?.monitored)],
      [PROCESS, shown(processModel?.call), "-"],
      [PROCESS_MONITORED, shown(sum(processModel)), "-"],
    ],
  };
}

function chartsOf(measured: Measured, { guestModel, processModel }: Found): Analysis["charts"] {
  const xs = [4, 16, 64, 256];
  const model = (name: string, of: WorldModel | null, isMonitored: boolean) => {
    if (of === null || (isMonitored && of.added === null)) return [];
    const call = of.call.likely + (isMonitored ? (of.added?.likely ?? 0) : 0);
    return [modelLine(`${name} (model)`, xs, (x) => of.entry.likely + x * call)];
  };
  const all = [GUEST, GUEST_MONITORED, PROCESS, PROCESS_MONITORED];
  const lines = all.filter((name) => measured.series(name).length > 0);
  if (lines.length === 0) return [];
  return [
    {
      title: "Calls to a handler, watched and not",
      x: { label: "calls", unit: "calls", log: true },
      y: { label: "time", unit: "ns", log: true },
      series: [
        ...lines.map((name) => measured.line(name)),
        ...model(GUEST, guestModel, false),
        ...model(GUEST_MONITORED, guestModel, true),
        ...model(PROCESS, processModel, false),
        ...model(PROCESS_MONITORED, processModel, true),
      ],
      marks: [],
    },
  ];
}

function analyse(measured: Measured, { machine }: Pick<Scope, "machine">): Analysis {
  const found = find(measured, machine);
  const checks = checksOf(measured, found);
  return {
    parameters: parametersOf(found),
    models: [found.guestModel, found.processModel].flatMap((one) =>
      one === null ? [] : [one.model],
    ),
    breakEvens: breakEvensOf(found),
    claims: [
      judgeHeavier(found, checks),
      judgeForced(measured, found, checks),
      judgeMassive(found, checks),
    ],
    checks,
    table: tableOf(measured, found),
    charts: chartsOf(measured, found),
    notes: notesOf(measured, found.isInGuest, machine),
  };
}

export const vmexit: Experiment = {
  name: "vmexit",
  title: "A VM exit on every system call",
  question: "What does it cost when a hypervisor sees every system call of its guest?",
  claim: `${FORCED} ${MASSIVE}`,
  background: [
    `When a guest does what only its hypervisor may do, the processor leaves it: it saves the
guest's state, loads the host's and says why. Coming back takes the same way. One instruction does
so under every hypervisor, CPUID (Intel SDM vol. 3, 26.1.2), so a program inside any guest can
time an exit without rights.`,
    `A system call of a guest need not exit: the guest's own kernel answers it. To see it, a
hypervisor can take away the page of the guest's handler. Then the fetch of its first instruction
faults, the hypervisor records the call and lets the guest go on. If it does so by mapping the
page, stepping one instruction and taking the page away again, that is two exits a call; the lab's
monitor has a second, executable copy of the page to go on in, which is one.`,
    `With a usable /dev/kvm the lab builds a guest of a few dozen bytes: a loop of system calls
with known numbers, and a handler that counts and adds them. Both sums must be right, the monitor
must have recorded each call, and the exits are counted by the kernel (KVM_GET_STATS_FD, Linux
5.14). If the guest fails its trial, a second kind is tried whose handler lies in a page for
everybody, for hypervisors that run guests in software and leave privilege as it was
(pagetable-based virtual machines, PVM): there a call is an exit in any case, and watching adds
another.`,
    `The same trick works on a process, without any hypervisor: code in a page that cannot be
fetched, a SIGSEGV for each call, and a twin to go on in. The model of both is T' = T + n x E: n
calls, x exits each. For comparison: gVisor's developers give 82 ns for a host call, 421 ns for an
exit that the kernel handles and 3,566 ns for one to user space (gvisor#13331); breakpoints for
introspection take 15 to 81 µs.`,
    `Four states can take the guest away. missing: there is no /dev/kvm, so this kernel or this
processor does not virtualise. no-permission: it is there, but not ours to open. unusable: it
opens, and a request fails, which is named. no-long-mode-guest: guests run, but none of them makes
system calls. CPUID and the process remain in each of them.`,
  ],
  budgetSeconds: 35,
  plan: planExits,
  analyse,
};
