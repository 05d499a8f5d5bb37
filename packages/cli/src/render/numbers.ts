/** Numbers for people: three digits that matter, units scaled, counts exact. */

/** 1,234,567: counts are exact and stay so. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** "1 crossing", "2 crossings". */
export function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

const timeUnits: readonly (readonly [string, number])[] = [
  ["s", 1e9],
  ["ms", 1e6],
  ["us", 1e3],
  ["ns", 1],
];

/** 1.23 s, 45.6 ms, 789 us; minus kept; zero is "0". */
export function formatTime(ns: number): string {
  if (ns === 0) return "0";
  const size = Math.abs(ns);
  const [unit, scale] = timeUnits.find(([, least]) => size >= least * 0.9995) ?? ["ns", 1];
  return `${ns < 0 ? "-" : ""}${threeDigits(size / scale)} ${unit}`;
}

const byteUnits: readonly (readonly [string, number])[] = [
  ["TiB", 2 ** 40],
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
  ["B", 1],
];

/** 512 B, 4.00 KiB, 1.23 GiB. */
export function formatBytes(bytes: number): string {
  const [unit, scale] = byteUnits.find(([, least]) => bytes >= least) ?? ["B", 1];
  return unit === "B" ? `${Math.round(bytes)} B` : `${threeDigits(bytes / scale)} ${unit}`;
}

/** 12.3 %; a share that is there but too small to show is not called zero, unless it is below it. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0 || part === 0) return part === 0 ? "0 %" : "";
  const percent = (part / whole) * 100;
  if (Math.abs(percent) < 0.05) return percent < 0 ? "0.0 %" : "<0.1 %";
  return `${percent.toFixed(1)} %`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

/** Three digits that matter of any figure, thousands apart: 0.0348, 12,300. */
export function formatFigure(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return value === 0 ? "0" : "unknown";
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (size < 1e-4 || size >= 1e12) return rounded.toExponential(2);
  return rounded.toLocaleString("en-US", { maximumSignificantDigits: 15 });
}

/** A share from 0 on as a percentage; null is not known. Less than a thousandth is nothing here. */
export function formatPercent(share: number | null): string {
  if (share === null) return "unknown";
  return share > 0 && share < 0.001 ? "under 0.1 %" : `${formatFigure(share * 100)} %`;
}
