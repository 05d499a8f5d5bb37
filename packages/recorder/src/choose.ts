/** Which recorder to use: eBPF where the rights and the kernel allow it, else ptrace. */
import { PermissionError, UnsupportedError } from "@crossbill/core";
import { type RecorderName, recorderPath } from "./binaries.ts";
import { type ProbedFeature, type ProbeResult, probeKernel } from "./probe.ts";

export interface Choice {
  readonly recorder: RecorderName;
  /** Why it is not the better one; null when it is, or when the user chose it. */
  readonly shortcoming: Shortcoming | null;
}

export interface Shortcoming {
  /** "right": the user can grant it. "feature": the kernel lacks it. "build": we lack the program. */
  readonly kind: "right" | "feature" | "build";
  readonly missing: string;
  readonly remedy: string;
}

/** What the eBPF recorder cannot do without; everything else it probes is optional. */
const required: ReadonlySet<string> = new Set(["btf", "capabilities", "recorder", "tracepoints"]);

export interface ChooseOptions {
  /** What the user asked for; null to decide by what works. */
  readonly forced: RecorderName | null;
  /** What the kernel allows; probed when left out. */
  readonly probe?: ProbeResult;
}

/**
 * Chooses the recorder.
 * @throws PermissionError or UnsupportedError when eBPF was forced and cannot work here.
 */
export function chooseRecorder(options: ChooseOptions): Choice {
  if (options.forced === "ptrace") return { recorder: "ptrace", shortcoming: null };
  const shortcoming = ebpfShortcoming(options.probe ?? probeKernel());
  if (shortcoming === null) return { recorder: "ebpf", shortcoming: null };
  if (options.forced === null) return { recorder: "ptrace", shortcoming };
  const { kind, missing, remedy } = shortcoming;
  throw kind === "right"
    ? new PermissionError(`the eBPF recorder cannot start: ${missing}`, { remedy })
    : new UnsupportedError(`the eBPF recorder (${missing})`, null, { remedy });
}

/**
 * One line: what is missing, how to get it, and what is used instead at which price.
 * `nsPerCrossing` is the ptrace recorder's calibrated cost; typical when left out.
 */
export function fallbackNotice(
  { missing, remedy }: Shortcoming,
  nsPerCrossing: number = TYPICAL_PTRACE_NS,
): string {
  const cost = `about ${(nsPerCrossing / 1000).toPrecision(2)} us per crossing`;
  return `${missing}: ${remedy}; using the ptrace recorder (${cost})`;
}

/** Two stops of the program, each two context switches: about this much on common machines. */
const TYPICAL_PTRACE_NS = 20_000;

/** Why the eBPF recorder cannot work; null when it can. */
export function ebpfShortcoming(probe: ProbeResult): Shortcoming | null {
  if (probe.kind === "unavailable") {
    return { kind: "build", missing: `no eBPF recorder (${probe.why})`, remedy: "run ./setup" };
  }
  const missing = probe.features.filter(({ name, ok }) => required.has(name) && !ok);
  // A missing right is named first: with it the other failures often go away.
  const first = missing.find(({ name }) => name === "capabilities") ?? missing[0];
  return first === undefined ? null : describe(first);
}

export const BTF_REMEDY = "boot a kernel built with CONFIG_DEBUG_INFO_BTF";

/** How the eBPF recorder gets its rights. */
export function capabilityRemedy(): string {
  return `run with sudo, or once: sudo setcap cap_bpf,cap_perfmon=ep ${recorderPath("ebpf")}`;
}

function describe(feature: ProbedFeature): Shortcoming {
  if (feature.name === "capabilities") {
    return { kind: "right", missing: "no CAP_BPF and CAP_PERFMON", remedy: capabilityRemedy() };
  }
  if (feature.name === "btf") {
    return {
      kind: "feature",
      missing: "the kernel has no BTF",
      remedy: BTF_REMEDY,
    };
  }
  const detail = feature.detail === "" ? "does not work" : feature.detail;
  return {
    kind: "feature",
    missing: `${feature.name}: ${detail}`,
    remedy: "see `crossbill doctor`",
  };
}
