/** Names for call sites: what a recording's stacks lead to, within its time, never at the bill's cost. */
import type { Recording } from "@crossbill/core";
import { symbolise } from "@crossbill/recorder";
import { onSignals } from "./signals.ts";

/** A thousand stacks in a dozen files take a quarter of it. */
const LIMIT_MS = 2000;

/** The recording with the names found until the time is over or a signal comes, as from Ctrl-C. */
export async function nameCallSites(recording: Recording): Promise<Recording> {
  const interruption = new AbortController();
  const release = onSignals(() => interruption.abort());
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    return await symbolise(recording, AbortSignal.any([interruption.signal, limit]));
  } finally {
    release();
  }
}
