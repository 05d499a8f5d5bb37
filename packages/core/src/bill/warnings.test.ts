/** Warnings: sentences that agree with their counts. */
import { expect, test } from "vitest";
import { describeWarning } from "./warnings.ts";

const codes = [
  "lost",
  "not-itemised",
  "unnamed",
  "threads-lost",
  "compat",
  "still-running",
] as const;

test.each(codes)("%s: one is one, and many have their thousands apart", (code) => {
  const one = describeWarning({ code, count: 1 });
  expect(one).toMatch(
    /^1 (crossing|target|thread|process|of the programs) (is|was|has|found|of)\b/,
  );
  expect(one).not.toMatch(/their/);
  expect(describeWarning({ code, count: 2000 })).toMatch(
    /^2,000 (crossings|targets|threads|processes|of the programs) (are|were|have|found|of)\b/,
  );
});

test("crossings that left and those accounted for agree each with its own verb", () => {
  const warning = { code: "audit", left: 1, accounted: 1 } as const;
  expect(describeWarning(warning)).toBe("1 crossing left the kernel, 1 is accounted for");
  expect(describeWarning({ ...warning, left: 20, accounted: 10 })).toBe(
    "20 crossings left the kernel, 10 are accounted for",
  );
});
