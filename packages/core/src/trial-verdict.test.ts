import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "./trial-verdict.ts";

const shares = (lowShare: number, likelyShare: number, highShare: number) => ({
  lowShare,
  likelyShare,
  highShare,
});
const predicted = shares(0.2, 0.3, 0.4);

describe("judge", () => {
  it("confirms what saves as much as was predicted, or more", () => {
    const verdict = (tried: ReturnType<typeof shares>) =>
      judge({ predicted, tried, errorShare: 0.01 }).verdict;
    expect(verdict(shares(0.25, 0.3, 0.35))).toBe("confirmed");
    expect(verdict(shares(0.5, 0.6, 0.7))).toBe("confirmed");
  });

  it("refutes what is slower, and what saves less than was predicted at least", () => {
    const slower = judge({ predicted, tried: shares(-0.3, -0.2, -0.1), errorShare: null });
    expect(slower).toEqual({ verdict: "refuted", why: "it takes 20.0 % longer" });
    const less = judge({ predicted, tried: shares(0.05, 0.06, 0.1), errorShare: 0.01 });
    expect(less.verdict).toBe("refuted");
    expect(less.why).toContain("at most 10.0 %");
  });

  it("refuses a verdict when the replay errs by more than the claimed gain", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (claimed, beyond) => {
          const { verdict } = judge({
            predicted: shares(0, claimed, 1),
            tried: shares(0.5, 0.6, 0.7),
            errorShare: claimed + beyond,
          });
          expect(verdict).toBe("cannot tell");
        },
      ),
    );
  });

  it("cannot tell while the pairs disagree, and asks no more than a saving without a prediction", () => {
    const tried = shares(-0.1, 0.1, 0.3);
    expect(judge({ predicted, tried, errorShare: 0 }).verdict).toBe("cannot tell");
    expect(judge({ predicted: null, tried, errorShare: null }).verdict).toBe("cannot tell");
    const saves = shares(0.001, 0.1, 0.3);
    expect(judge({ predicted: null, tried: saves, errorShare: null }).verdict).toBe("confirmed");
  });
});
