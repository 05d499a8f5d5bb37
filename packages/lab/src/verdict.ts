/** verdict: a claim, judged only when nothing impossible was measured. */
import type { JudgedClaim, LabCheck, Verdict } from "@crossbill/core";

/**
 * The claim with its verdict. A failed check overrules it: figures that break an order which holds on
 * every machine decide nothing.
 */
export function judge(
  claim: string,
  checks: readonly LabCheck[],
  decided: { readonly verdict: Verdict; readonly why: string },
): JudgedClaim {
  const failed = checks.find(({ holds }) => !holds);
  if (failed === undefined) return { claim, ...decided };
  return { claim, verdict: "cannot tell here", why: `a check failed: ${failed.check}` };
}

/** The verdict of a comparison: null figures cannot tell. */
export function decide(holds: boolean | null, why: string): { verdict: Verdict; why: string } {
  if (holds === null) return { verdict: "cannot tell here", why };
  return { verdict: holds ? "holds" : "does not hold", why };
}
