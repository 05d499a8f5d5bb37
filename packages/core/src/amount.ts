/** Amount: a number with the unit of its quantity, as people write it: 40, 3 ms, 64 KiB. */
import type { QuantityUnit } from "./quantity.ts";

const nanoseconds: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 };
const bytes: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};
const plain: Readonly<Record<string, number>> = { "": 1 };

function scalesOf(unit: QuantityUnit): Readonly<Record<string, number>> {
  if (unit === "ns") return nanoseconds;
  return unit === "bytes" ? bytes : plain;
}

/** The amount in ns, bytes or pieces; null when it is none of that unit. A time needs its unit. */
export function parseAmount(text: string, unit: QuantityUnit): number | null {
  const parts = /^(\d{1,17}(?:\.\d{1,9})?)\s*([a-zA-Zµ]{0,3})$/.exec(text.trim());
  if (parts === null) return null;
  const [, digits = "", suffix = ""] = parts;
  const scales = scalesOf(unit);
  const scale = Object.hasOwn(scales, suffix) ? scales[suffix] : undefined;
  return scale === undefined ? null : Number(digits) * scale;
}

/** Digits of a written limit that matter, and the most behind the point. */
const DIGITS = 3;
const DECIMALS_MAX = 9;

/** An amount that `parseAmount` reads as `value` or a little more; whole pieces stay exact. */
export function amountAtLeast(value: number, unit: QuantityUnit): string {
  if (unit !== "ns" && Number.isSafeInteger(value)) return String(value);
  const [suffix, scale] = unit === "ns" ? largestWithin(value) : ["", 1];
  const scaled = value / scale;
  const magnitude = scaled > 0 ? Math.floor(Math.log10(scaled)) : 0;
  const decimals = Math.min(DECIMALS_MAX, DIGITS - 1 - magnitude);
  const text = (pieces: number) => `${shortest(pieces, decimals)}${suffix && ` ${suffix}`}`;
  const pieces = Math.ceil(scaled * 10 ** decimals);
  // A product of binary fractions may fall short by its last bit.
  return text((parseAmount(text(pieces), unit) ?? 0) < value ? pieces + 1 : pieces);
}

function largestWithin(ns: number): readonly [string, number] {
  return Object.entries(nanoseconds).findLast(([, scale]) => scale <= ns) ?? ["ns", 1];
}

/** `pieces` of 10^-decimals, without zeros that say nothing. */
function shortest(pieces: number, decimals: number): string {
  if (decimals <= 0) return String(pieces * 10 ** -decimals);
  return (pieces / 10 ** decimals).toFixed(decimals).replace(/\.?0+$/, "");
}
