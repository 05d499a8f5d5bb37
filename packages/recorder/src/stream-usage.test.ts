/** Usage of a process: taxes by name, faults looked at scaled to all. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseLine } from "./stream-fields.ts";
import { readUsage, type Usage } from "./stream-usage.ts";

const usage = {
  instances: 1,
  threads: 1,
  wall: 5000,
  cpu: 4000,
  runq: 10,
  faultio: 0,
  faultother: 0,
  unfinishedio: 0,
  unfinishedother: 0,
  minflt: 3,
  majflt: 0,
  nvcsw: 1,
  nivcsw: 2,
  suser: 1,
  ssys: 2,
  sfault: 0,
  fminor: null,
  fmajor: null,
};

function usageOf(more: Record<string, unknown>): Usage {
  return readUsage(parseLine(JSON.stringify({ ...usage, ...more }), "line 1"));
}

test("what a recorder does not know stays unknown", () => {
  expect(usageOf({})).not.toHaveProperty("taxes");
  expect(usageOf({})).not.toHaveProperty("faultKinds");
  expect(usageOf({ fsamples: 0, fanon: 0, ffile: 0, fother: 0 })).not.toHaveProperty("faultKinds");
});

test("taxes have names, and none is known to be none", () => {
  expect(usageOf({ taxes: 0 }).taxes).toEqual([]);
  expect(usageOf({ taxes: 1 }).taxes).toEqual(["seccomp"]);
  expect(usageOf({ taxes: 6 }).taxes).toEqual(["ptrace", "audit"]);
  expect(() => usageOf({ taxes: 8 })).toThrow(/field taxes: expected a number up to 7/);
});

test("kinds of faults add up to all minor faults, each within one of its share", () => {
  const counts = fc.nat(10_000);
  fc.assert(
    fc.property(fc.nat(1e9), counts, counts, counts, (minflt, fanon, ffile, fother) => {
      const weights = fanon + ffile + fother;
      fc.pre(weights > 0);
      const kinds = usageOf({ minflt, fsamples: 3, fanon, ffile, fother }).faultKinds;
      expect(kinds?.samples).toBe(3);
      const { anonymous = -1, file = -1, other = -1 } = kinds ?? {};
      expect(anonymous + file + other).toBe(minflt);
      expect(Math.abs(anonymous - (minflt * fanon) / weights)).toBeLessThanOrEqual(1);
      expect(Math.abs(file - (minflt * ffile) / weights)).toBeLessThanOrEqual(1);
    }),
  );
});
