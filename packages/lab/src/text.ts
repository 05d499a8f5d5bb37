/** text: figures as people read them; used by every topic. */
import type { Interval } from "@crossbill/core";

/** Three significant digits, thousands apart: 0.43, 2.91, 123, 12,300. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "unknown";
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString("en-US", { maximumFractionDigits: Math.min(digits, 6) });
}

/** "123 (119 to 130)" */
export function interval({ low, likely, high }: Interval): string {
  return `${figure(likely)} (${figure(low)} to ${figure(high)})`;
}

/** "64 B", "2.9 KiB", "16 MiB" */
export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  const at = value < 1024 ? 0 : Math.min(3, Math.floor(Math.log2(value) / 10));
  return `${figure(value / 1024 ** at)} ${units[at] ?? "B"}`;
}

/** "480 ns", "1.2 µs", "3.4 ms", "2 s" */
export function duration(ns: number): string {
  const units = ["ns", "µs", "ms", "s"];
  const at = ns < 1000 ? 0 : Math.min(3, Math.floor(Math.log10(ns) / 3));
  return `${figure(ns / 1000 ** at)} ${units[at] ?? "ns"}`;
}

/** "12 %", "0.4 %" */
export function share(value: number): string {
  return `${figure(value * 100)} %`;
}
