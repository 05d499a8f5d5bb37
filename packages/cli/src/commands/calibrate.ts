/** crossbill calibrate: measures this machine's prices and stores them. */
import { displayWidth, type Interval, type Prices } from "@crossbill/core";
import { calibrationWarningText, calibrate as measurePrices } from "@crossbill/lab";
import { FAILED } from "../failure.ts";
import * as flags from "../flags.ts";
import { jsonPieces } from "../json-pieces.ts";
import { standardOutput } from "../output-file.ts";
import { storePrices } from "../own-prices.ts";
import { invokingUser, useHomeOf } from "../privilege.ts";
import { progressLine } from "../progress-line.ts";
import { padEnd } from "../render/columns.ts";
import { formatTime } from "../render/numbers.ts";
import { say } from "../terminal.ts";
import { done, type Verb } from "../verb.ts";

export const calibrate: Verb = {
  name: "calibrate",
  summary: "measure what a crossing costs on this machine",
  description:
    "Measures the prices the bill needs, each with an interval: a null system call, a one-byte " +
    "read, copying by cache tier, page faults, a context switch, and what each recorder adds. They " +
    "are stored under XDG_CACHE_HOME (or ~/.cache) for this machine, kernel and mitigations. Best " +
    "done while the machine is quiet.",
  operand: null,
  flags: [flags.quickFlag, flags.jsonFlag],
  examples: [
    { command: "crossbill calibrate", meaning: "under 15 seconds" },
    { command: "sudo crossbill calibrate", meaning: "prices the eBPF recorder as well" },
    { command: "crossbill calibrate --quick --json", meaning: "at most 3 seconds, as JSON" },
  ],
  async act(_operands, values) {
    const quick = flags.quickFlag.read(values);
    const user = invokingUser();
    useHomeOf(user);
    const line = progressLine("measuring prices");
    const { prices, warnings } = await measurePrices({ quick, onProgress: line.update }).finally(
      line.end,
    );
    const stored = storePrices(prices, user);
    for (const warning of warnings) say(`warning: ${calibrationWarningText(warning)}`);
    standardOutput(1).write(
      flags.jsonFlag.read(values) ? jsonPieces(stored.prices) : renderPrices(stored.prices),
    );
    if (stored.path === null) return { kind: "status", status: FAILED };
    say(`stored in ${stored.path}`);
    return done;
  },
};

/** A table of the prices with their intervals. */
function renderPrices(prices: Prices): string[] {
  const rows = priceRows(prices);
  const width = Math.max(...rows.map(([name]) => displayWidth(name)));
  return rows.map(([name, value]) => `${padEnd(name, width)}  ${show(value)}\n`);
}

function priceRows(prices: Prices): (readonly [string, Interval | null])[] {
  const { ebpfSampled, ebpfExact, ptrace } = prices.recorders;
  return [
    ["null system call", prices.nullSyscallNs],
    ["one-byte read", prices.oneByteReadNs],
    ...prices.copyNsPerByte.map(({ tier, ns }) => [`copy 1 KiB in ${tier}`, perKiB(ns)] as const),
    ["minor fault, anonymous", prices.anonymousFaultNs],
    ["minor fault, file", prices.fileFaultNs],
    ["context switch", prices.contextSwitchNs],
    ...Object.values(prices.mechanisms ?? {}).map(({ what, ns }) => [what, ns] as const),
    ["recorder ebpf, per crossing", ebpfSampled?.overheadNsPerCrossing ?? null],
    ["recorder ebpf --exact-time", ebpfExact?.overheadNsPerCrossing ?? null],
    ["recorder ptrace", ptrace?.overheadNsPerCrossing ?? null],
  ];
}

/** A byte's price is a fraction of a nanosecond. */
function perKiB({ low, likely, high }: Interval): Interval {
  return { low: low * 1024, likely: likely * 1024, high: high * 1024 };
}

function show(value: Interval | null): string {
  if (value === null) return "does not work here";
  return `${formatTime(value.likely)}  (${formatTime(value.low)} to ${formatTime(value.high)})`;
}
