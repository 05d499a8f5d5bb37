/** What the kernel lets the eBPF recorder do, as the recorder itself found out by trying. */
import { spawnSync } from "node:child_process";
import { recorderBinary } from "./binaries.ts";

export interface ProbedFeature {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  /** The positive errno of the attempt, 0 when there was none. */
  readonly errno: number;
}

export type ProbeResult =
  | { readonly kind: "probed"; readonly features: readonly ProbedFeature[] }
  /** The recorder could not even be asked: not built, crashed, or an answer that is none. */
  | { readonly kind: "unavailable"; readonly why: string };

/** Loading a few programs takes milliseconds; a probe that hangs must not hang `run`. */
const PROBE_TIMEOUT_MS = 10_000;
const PROBE_BYTES_MAX = 256 * 1024;
const FEATURES_MAX = 256;

/** Runs `crossbill-recorder probe`. Never throws: not being able to ask is an answer. */
export function probeKernel(): ProbeResult {
  let path: string;
  try {
    path = recorderBinary("ebpf");
  } catch (error) {
    return { kind: "unavailable", why: error instanceof Error ? error.message : String(error) };
  }
  const run = spawnSync(path, ["probe"], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PROBE_TIMEOUT_MS,
    killSignal: "SIGKILL",
    maxBuffer: PROBE_BYTES_MAX,
    encoding: "utf8",
  });
  if (run.error !== undefined) return { kind: "unavailable", why: run.error.message };
  const features = parseProbe(run.stdout);
  if (features !== null) return { kind: "probed", features };
  const how = run.signal === null ? `status ${run.status}` : run.signal;
  return { kind: "unavailable", why: `${path} probe gave no answer (${how})` };
}

/** The features in the probe's JSON; null when it is not what it should be. */
export function parseProbe(text: string): ProbedFeature[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null || !("features" in value)) return null;
  const { features } = value;
  if (!Array.isArray(features) || features.length > FEATURES_MAX) return null;
  return features.every(isFeature) ? features : null;
}

function isFeature(value: unknown): value is ProbedFeature {
  if (typeof value !== "object" || value === null) return false;
  if (!("name" in value && "ok" in value && "detail" in value && "errno" in value)) return false;
  return (
    typeof value.name === "string" &&
    typeof value.ok === "boolean" &&
    typeof value.detail === "string" &&
    typeof value.errno === "number"
  );
}
