import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Behaviour, compare, misbehaviour } from "./live-behaviour.ts";
import type { LiveReport } from "./live-report.ts";
import type { LiveRun } from "./live-run.ts";

const quiet: LiveReport = {
  intercepted: 20,
  spared: 10,
  added: 1,
  processes: 1,
  lostBytes: 0,
  lateErrors: 0,
  lostSyncs: 0,
};
const run = (report: Partial<LiveReport> = {}): LiveRun => ({
  elapsedNs: 1,
  cpuNs: 1,
  status: 0,
  killedBy: 0,
  report: { ...quiet, ...report },
});
const came = (output: string, errors = "e"): Behaviour =>
  new Map([
    ["standard output", output],
    ["standard error", errors],
  ]);
const nothing = { same: ["standard output"], unsteady: [], changed: [] };

describe("compare", () => {
  it("puts every name into exactly one of the three", () => {
    const digests = fc.array(fc.constantFrom("a", "b"), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(digests, digests, (plain, fixed) => {
        const { same, unsteady, changed } = compare(
          plain.map((digest) => came(digest)),
          fixed.map((digest) => came(digest)),
        );
        expect([...same, ...unsteady, ...changed].toSorted()).toEqual([
          "standard error",
          "standard output",
        ]);
        const all = new Set([...plain, ...fixed]);
        expect(same.includes("standard output")).toBe(all.size === 1);
        expect(unsteady.includes("standard output")).toBe(new Set(plain).size > 1);
      }),
    );
  });

  it("blames the fix for one differing run among many", () => {
    const plain = [came("a"), came("a")];
    expect(compare(plain, [came("a"), came("b"), came("a")]).changed).toEqual(["standard output"]);
  });

  it("does not blame it for what differs anyway", () => {
    const { unsteady, changed } = compare([came("a", "1 s"), came("a", "2 s")], [came("a", "3 s")]);
    expect({ unsteady, changed }).toEqual({ unsteady: ["standard error"], changed: [] });
  });
});

describe("misbehaviour", () => {
  it("is none when all bytes agree and calls were spared", () => {
    expect(misbehaviour(nothing, [run()], 21)).toBeNull();
  });

  it("names what came out otherwise", () => {
    const judged = misbehaviour({ ...nothing, changed: ["/tmp/copy"] }, [run()], 21);
    expect(judged).toMatchObject({ verdict: "changed behaviour" });
    expect(judged?.why).toContain("/tmp/copy");
  });

  it.each(["lostBytes", "lateErrors", "lostSyncs"] as const)("counts %s as a change", (fact) => {
    const judged = misbehaviour(nothing, [run(), run({ [fact]: 3 })], 21);
    expect(judged?.verdict).toBe("changed behaviour");
    expect(judged?.why).toContain("3");
  });

  it("cannot tell from an output that differs anyway, nor when nothing was spared", () => {
    const unsteady = misbehaviour({ ...nothing, unsteady: ["standard output"] }, [run()], 21);
    expect(unsteady?.verdict).toBe("cannot tell");
    expect(misbehaviour(nothing, [run({ spared: 0 })], null)?.why).toContain("too few to matter");
    expect(misbehaviour(nothing, [run({ spared: 9 })], 907)?.verdict).toBe("cannot tell");
    expect(misbehaviour(nothing, [run({ spared: 10 })], 907)).toBeNull();
  });
});
