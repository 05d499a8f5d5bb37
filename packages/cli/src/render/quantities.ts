/** Quantities in text: counts exactly, times and bytes scaled, growth with its sign. */
import type { Interval, QuantityUnit } from "@crossbill/core";
import { formatBytes, formatCount, formatFigure, formatTime } from "./numbers.ts";

export function formatQuantity(value: number, unit: QuantityUnit): string {
  if (unit === "ns") return formatTime(value);
  if (unit === "bytes") return `${value < 0 ? "-" : ""}${formatBytes(Math.abs(value))}`;
  return Number.isInteger(value) ? formatCount(value) : formatFigure(value);
}

/** "1.20 ms (1.10 ms to 1.30 ms)"; a count alone. */
export function formatInterval({ low, likely, high }: Interval, unit: QuantityUnit): string {
  const value = formatQuantity(likely, unit);
  if (low === high) return value;
  return `${value} (${formatQuantity(low, unit)} to ${formatQuantity(high, unit)})`;
}

/** "+20 (+16.7 %)"; what was nothing before has no percentage. */
export function formatGrowth(a: number, b: number, unit: QuantityUnit): string {
  if (a === b) return "0";
  const growth = signed(b - a, unit);
  if (a === 0) return growth;
  const percent = ((b - a) / a) * 100;
  return `${growth} (${percent > 0 ? "+" : ""}${formatFigure(percent)} %)`;
}

/** "+20", "-3.00 ms". */
export function signed(value: number, unit: QuantityUnit): string {
  return `${value > 0 ? "+" : ""}${formatQuantity(value, unit)}`;
}
