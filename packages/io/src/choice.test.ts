/** The choice of a mechanism, for situations and prices that are made up. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseMechanism, type Situation } from "./choice.ts";
import { type Prices, pricesFrom } from "./prices.ts";

const prices: Prices = { read: 500, byte: 0.1, fault: 1000, request: 600, source: "default" };
const GIB = 2 ** 30;

/** Pieces far apart in a file in memory, unless said otherwise. */
function situation(count: number, changed: Partial<Situation> = {}): Situation {
  const bytes = count * 64;
  return {
    ...{ count, bytes, groups: count, groupBytes: bytes, size: GIB, resident: 1 },
    ...{ noMapping: null, noUring: null, isPopulated: false, mayPopulate: true, regretNs: 0 },
    ...changed,
  };
}

const chosen = (count: number, changed?: Partial<Situation>) =>
  chooseMechanism(situation(count, changed), prices);

describe("data in memory", () => {
  it("are read by pread when they are few, and the page tables are empty", () => {
    expect(chosen(2)).toMatchObject({ mechanism: "pread", populate: false, estimatedNs: 1013 });
  });

  it("are copied from the mapping when they are many, its page tables filled first", () => {
    expect(chosen(100_000)).toMatchObject({ mechanism: "mapping", populate: true });
    expect(chosen(100_000, { isPopulated: true }).populate).toBe(false);
    expect(chosen(100_000, { mayPopulate: false }).populate).toBe(false);
  });

  it("are read together when they are near, and their file is not mapped", () => {
    const near = { groups: 10, groupBytes: 128_000, noMapping: "refused" };
    expect(chosen(1000, near)).toMatchObject({ mechanism: "through" });
    expect(chosen(1000, near).why).toContain("no mapping: refused");
  });

  it("fill page tables at the latest when not having filled them has cost as much", () => {
    let regretNs = 0;
    let calls = 0;
    for (; !chosen(100, { regretNs }).populate; calls++)
      regretNs += chosen(100, { regretNs }).regretNs;
    // 16,384 groups of 16 pages at half a fault each, against 480 ns for each of 100 pieces.
    expect(calls).toBe(Math.ceil((16_384 * 500 - 48_000) / 48_000));
  });
});

describe("data on a disk", () => {
  const cold = { resident: 0.5 };
  it("are asked for all together, or as near ones", () => {
    expect(chosen(100, cold).mechanism).toBe("uring");
    expect(chosen(100, { ...cold, groups: 3 }).mechanism).toBe("through");
    expect(chosen(1, cold).mechanism).toBe("pread");
  });

  it("cost the more, the fewer of them are in memory", () => {
    const ns = [0.9, 0.5, 0].map((resident) => chosen(100, { resident }).estimatedNs ?? 0);
    // 100 requests of 600 ns and 6,400 bytes of 0.1 ns, then 3,500 ns and 0.25 ns of what is cold.
    expect(ns).toEqual([60_640 + 35_160, 60_640 + 175_800, 60_640 + 351_600]);
  });

  it("are read one by one where io_uring is refused, which is said", () => {
    const choice = chosen(100, { ...cold, noUring: "io_uring is refused" });
    expect(choice.mechanism).toBe("pread");
    expect(choice.why).toContain("io_uring is refused");
  });
});

it("never names a mechanism that is out of the question", () => {
  const any = fc.record({
    count: fc.integer({ min: 0, max: 1e6 }),
    resident: fc.constantFrom(null, 0, 0.3, 1),
    noMapping: fc.constantFrom(null, "refused"),
    noUring: fc.constantFrom(null, "refused"),
    isPopulated: fc.boolean(),
    mayPopulate: fc.boolean(),
    regretNs: fc.double({ min: 0, max: 1e12, noNaN: true }),
  });
  fc.assert(
    fc.property(any, ({ count, ...changed }) => {
      const choice = chosen(count, changed);
      expect(choice.mechanism === "mapping" && changed.noMapping !== null).toBe(false);
      expect(choice.mechanism === "uring" && changed.noUring !== null).toBe(false);
      expect(choice.populate && !changed.mayPopulate).toBe(false);
      expect(choice.regretNs).toBeGreaterThanOrEqual(0);
    }),
  );
});

describe("prices of a file", () => {
  it("are taken where they are numbers, and by default where not", () => {
    const measured = pricesFrom({
      oneByteReadNs: { low: 1, likely: 300, high: 2 },
      fileFaultNs: { likely: "900" },
      copyNsPerByte: [{ ns: { likely: 0.01 } }, { ns: { likely: 0.2 } }],
      mechanisms: { "uring-entry": { ns: { likely: 60 } } },
    });
    expect(measured).toEqual({
      ...pricesFrom(null),
      ...{ read: 300, byte: 0.2, request: 360, source: "measured" },
    });
  });

  it("are the default for anything at all", () => {
    fc.assert(
      fc.property(fc.anything(), (file) => {
        for (const price of Object.values(pricesFrom(file)))
          expect(typeof price === "string" || price > 0).toBe(true);
      }),
    );
  });
});
