/** monitors-points: what may watch system calls, and the points at which the lab measures each. */
import type { Parameters } from "@crossbill/native";
import type { Point, Scope } from "../experiment.ts";
import type { RecorderMode } from "../recorder-price.ts";

export interface Monitor {
  /** The name of its series. */
  readonly name: string;
  /** Its column of the model. */
  readonly symbol: string;
  /** As packages/native/src/monitor.c names it; "nothing" under a recorder. */
  readonly under: string;
  readonly recorder?: RecorderMode;
  /** It takes more than a few µs a call. */
  readonly slow?: true;
}

export const NOTHING = "nothing";
export const SECCOMP_NUMBER = "seccomp, by number";
export const SECCOMP_ARGUMENT = "seccomp, by argument";
export const EBPF_ONE = "empty eBPF, exit";
export const EBPF_PAIR = "empty eBPF, both ends";
export const SAMPLED = "crossbill";
export const EXACT = "crossbill, exact time";
export const PRELOAD = "LD_PRELOAD";
export const DISPATCH = "user dispatch";
export const NOTIFY = "user notification";
export const PTRACE_SECCOMP = "ptrace, entry only";
export const PTRACE = "ptrace";

/** Roughly from the cheapest to the dearest, as the table shows them. */
export const monitorKinds: readonly Monitor[] = [
  { name: PRELOAD, symbol: "o_preload", under: "preload" },
  { name: SECCOMP_NUMBER, symbol: "o_number", under: "seccomp-number" },
  { name: SECCOMP_ARGUMENT, symbol: "o_argument", under: "seccomp-argument" },
  { name: EBPF_ONE, symbol: "o_exit", under: "ebpf-one" },
  { name: EBPF_PAIR, symbol: "o_ebpf", under: "ebpf-pair" },
  { name: SAMPLED, symbol: "o_sampled", under: "nothing", recorder: "ebpfSampled" },
  { name: EXACT, symbol: "o_exact", under: "nothing", recorder: "ebpfExact" },
  { name: DISPATCH, symbol: "o_dispatch", under: "dispatch", slow: true },
  { name: NOTIFY, symbol: "o_notify", under: "notify", slow: true },
  { name: PTRACE_SECCOMP, symbol: "o_entry", under: "ptrace-seccomp", slow: true },
  { name: PTRACE, symbol: "o_ptrace", under: "ptrace", slow: true },
];

/** Those whose watcher can sit on a CPU of its own. */
const apart = [NOTIFY, PTRACE];
export const apartSeries = (name: string): string => `${name}, two CPUs`;

/** Steps of computing beside the calls of a round: some 10 µs, so that few calls are lost in it. */
const TURNS = 5000;
const SECONDS = 0.03;
/**
 * Calls of a round; the held-out ones lie between the fitted ones and beyond them. Fewer under what
 * is slow, or one round would outlast what a busy machine gives at a time.
 */
const calls = {
  fast: {
    full: { fit: [1, 16, 128], heldOut: [4, 64, 256] },
    quick: { fit: [4, 128], heldOut: [32] },
  },
  slow: {
    full: { fit: [1, 8, 32], heldOut: [2, 16, 48] },
    quick: { fit: [4, 32], heldOut: [16] },
  },
};
/** Of the points on two CPUs; in the middle, as they are in no model. */
const APART_CALLS = 8;

export const programs = ["dd", "ls", "sha256sum"] as const;
/** Runs of a program in one process; fewer of what takes long, and whose noise is a small part. */
const runs = { full: { fast: 7, slow: 4 }, quick: { fast: 4, slow: 2 } };
/** Every other run is compared with the bare one. */
const BARE_RUNS = 2;
/** What is quickly started and ended, ms: a guess for the progress. */
const PROGRAM_MS = { fast: 8, slow: 60 };
const RECORDER_SET_UP_MS = 50;

/** The series of one program under one monitor. */
export const programSeries = (program: string, monitor: string): string => `${program}: ${monitor}`;

const speedOf = ({ slow }: Monitor): "slow" | "fast" => (slow === true ? "slow" : "fast");

const bare: Monitor = { name: NOTHING, symbol: "", under: "nothing" };

function recorderOf(monitor: Monitor): Pick<Point, "recorder" | "setUpMs"> {
  return monitor.recorder === undefined
    ? {}
    : { recorder: monitor.recorder, setUpMs: RECORDER_SET_UP_MS };
}

function round(monitor: Monitor, x: number, role: Point["role"], more: Parameters = {}): Point {
  const parameters = { under: monitor.under, turns: TURNS, calls: x, ...more };
  const { name: series } = monitor;
  const mechanism = "monitored-calls";
  return { series, x, mechanism, parameters, role, seconds: SECONDS, ...recorderOf(monitor) };
}

function programPoint(monitor: Monitor, name: string, quick: boolean): Point {
  const speed = speedOf(monitor);
  const times = runs[quick ? "quick" : "full"][speed] * (monitor.name === NOTHING ? BARE_RUNS : 1);
  return {
    series: programSeries(name, monitor.name),
    x: 1,
    mechanism: "monitored-program",
    parameters: { under: monitor.under, program: name },
    role: "shown",
    exactly: { calls: times, blockCalls: 1 },
    ...recorderOf(monitor),
    setUpMs: times * PROGRAM_MS[speed] + (monitor.recorder === undefined ? 0 : RECORDER_SET_UP_MS),
  };
}

export function planMonitors({ quick }: Pick<Scope, "quick">): Point[] {
  const all = [bare, ...monitorKinds];
  const seen = quick ? programs.slice(0, 2) : programs;
  return [
    round(bare, 0, "fit"),
    ...all.flatMap((monitor) => {
      const { fit, heldOut } = calls[speedOf(monitor)][quick ? "quick" : "full"];
      return [
        ...fit.map((x) => round(monitor, x, "fit")),
        ...heldOut.map((x) => round(monitor, x, "held-out")),
      ];
    }),
    ...monitorKinds
      .filter(({ name }) => apart.includes(name))
      .map(
        (monitor): Point => ({
          ...round(monitor, APART_CALLS, "shown", { cpus: "two" }),
          series: apartSeries(monitor.name),
          estimator: "median",
        }),
      ),
    ...seen.flatMap((name) => all.map((monitor) => programPoint(monitor, name, quick))),
  ];
}
