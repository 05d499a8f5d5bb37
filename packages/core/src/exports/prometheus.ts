/** Prometheus text: a bill's figures as gauges, for a file collector or a push gateway. */
import type { Bill } from "../bill/shape.ts";
import { printable } from "../printable.ts";
import { processNames } from "../process-names.ts";
import { waitReasons } from "../wait-reason.ts";
import {
  addValues,
  type CallValues,
  looseCalls,
  noValues,
  type ValueName,
  valueNames,
  valuesOf,
  valueUnits,
} from "./call-values.ts";
import type { ExportFormat } from "./export-format.ts";

const NS_A_SECOND = 1e9;

export const prometheus: ExportFormat = {
  id: "prometheus",
  extension: "prom",
  mediaType: "text/plain; version=0.0.4; charset=utf-8",
  carries: "the time of the run by part; the five figures by process and system call",
  lacks: "targets and call sites, of which there are too many for labels",
  readers: "`promtool`; made for the text file collector of node_exporter",
  write: (bill) => [...runMetrics(bill), ...callMetrics(bill)].join(""),
};

type Labels = Readonly<Record<string, string>>;

interface Row {
  readonly labels: Labels;
  /** As text: seconds have nine digits behind the point, so no nanosecond is lost. */
  readonly value: string;
}

function metric(name: string, help: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const lines = rows.map(({ labels, value }) => `${name}${labelText(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${lines.join("")}`;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return printable(value).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}

function runMetrics({ time, elapsedNs, audit, command, recorder, timing }: Bill): string[] {
  const parts: readonly (readonly [string, number])[] = [
    ["user", time.userNs],
    ["boundary", time.boundaryNs],
    ["kernel", time.kernelNs],
    ...waitReasons.map((reason) => [`wait ${reason}`, time.waitNs[reason]] as const),
    ["page faults", time.faultNs],
    ["run queue", time.runQueueNs],
    ["not accounted for", time.residualNs],
  ];
  const run = { command: command.join(" "), recorder, timing };
  return [
    metric("crossbill_run_info", "The run that the other metrics are about.", [
      { labels: run, value: "1" },
    ]),
    metric("crossbill_run_elapsed_seconds", "From its start to its end.", [
      { labels: {}, value: seconds(elapsedNs) },
    ]),
    metric(
      "crossbill_run_time_seconds",
      "Wall time of all threads by what it was spent on.",
      parts.map(([part, ns]) => ({ labels: { part }, value: seconds(ns) })),
    ),
    metric("crossbill_run_lost_crossings", "Crossings that were seen and could not be kept.", [
      { labels: {}, value: String(audit.lost) },
    ]),
  ];
}

const callTexts: Readonly<Record<ValueName, readonly [name: string, help: string]>> = {
  boundary: ["crossbill_call_boundary_seconds", "The toll of entering and leaving the kernel."],
  kernel: ["crossbill_call_kernel_seconds", "Time on the CPU in system calls, beyond the toll."],
  wait: ["crossbill_call_wait_seconds", "Time off the CPU in system calls."],
  crossings: ["crossbill_call_crossings", "System calls entered."],
  bytes: ["crossbill_call_bytes", "Bytes that system calls moved."],
};

function callMetrics(bill: Bill): string[] {
  const calls = [...sumCalls(bill).values()];
  return valueNames.map((name) => {
    const [metricName, help] = callTexts[name];
    const show = valueUnits[name] === "nanoseconds" ? seconds : String;
    const rows = calls.map(({ labels, values }) => ({ labels, value: show(values[name]) }));
    return metric(metricName, help, rows);
  });
}

interface CallRow {
  readonly labels: Labels;
  readonly values: CallValues;
}

/** Processes that have the same name and number are one: no two rows may have the same labels. */
function sumCalls(bill: Bill): Map<string, CallRow> {
  const names = processNames(bill);
  const rows = new Map<string, CallRow>();
  const add = (process: string, syscall: string, values: CallValues) => {
    const key = JSON.stringify([process, syscall]);
    const before = rows.get(key)?.values ?? noValues;
    rows.set(key, { labels: { process, syscall }, values: addValues(before, values) });
  };
  for (const line of bill.lines) add(names(line.process), line.syscall, valuesOf(line));
  for (const { where, syscall, values } of looseCalls(bill)) add(where, syscall ?? "", values);
  return rows;
}

/** Exact for whole nanoseconds. */
function seconds(ns: number): string {
  const size = Math.abs(ns);
  const whole = Math.floor(size / NS_A_SECOND);
  const rest = String(size % NS_A_SECOND).padStart(9, "0");
  return `${ns < 0 ? "-" : ""}${whole}.${rest}`;
}
