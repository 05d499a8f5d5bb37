/** The doctor: what crossbill needs from this machine, tried out one by one. */
import { CrossbillError } from "@crossbill/core";
import { type RecorderName, recorderPath } from "./binaries.ts";
import { ebpfShortcoming } from "./choose.ts";
import { type Feature, systemFeatures } from "./doctor-system.ts";
import { type ProbedFeature, type ProbeResult, probeKernel } from "./probe.ts";
import { startRecording } from "./start.ts";

export interface Diagnosis {
  readonly features: readonly Feature[];
  /** Whether `crossbill run` works in some form. */
  readonly canRun: boolean;
}

/** Tries everything. Takes about a second; never throws for something that does not work. */
export async function diagnose(): Promise<Diagnosis> {
  const probe = probeKernel();
  const ebpf = await ebpfFeature(probe);
  const ptrace = await tryRecorder("ptrace", "the ptrace recorder");
  return {
    features: [
      ebpf,
      ptrace,
      ...["btf", "tracepoints", "fentry", "capabilities"].map((name) => probed(probe, name)),
      ...systemFeatures("/"),
      ...furtherFeatures(probe),
    ],
    canRun: ebpf.state === "works" || ptrace.state === "works",
  };
}

async function ebpfFeature(probe: ProbeResult): Promise<Feature> {
  const name = "the eBPF recorder";
  const shortcoming = ebpfShortcoming(probe);
  if (shortcoming === null) return tryRecorder("ebpf", name);
  return { name, state: "does not", why: shortcoming.missing, remedy: shortcoming.remedy };
}

/** Records a real program: the one answer that cannot mislead. */
async function tryRecorder(recorder: RecorderName, name: string): Promise<Feature> {
  try {
    const timing = recorder === "ebpf" ? "sampled" : "exact";
    const subject = { command: ["/bin/true"] as const };
    const { facts } = await startRecording({ recorder, timing, subject }).result;
    const why = `recorded ${facts.audit.entered} crossings of /bin/true, lost ${facts.audit.lost}`;
    return { name, state: "works", why, remedy: null };
  } catch (error) {
    if (!(error instanceof CrossbillError)) throw error;
    return { name, state: "does not", why: error.message, remedy: error.remedy ?? null };
  }
}

/** How the recorder's own probes are shown and what helps when they fail. */
const probes: Readonly<Record<string, { readonly name: string; readonly remedy: string | null }>> =
  {
    btf: { name: "BTF", remedy: "boot a kernel built with CONFIG_DEBUG_INFO_BTF" },
    tracepoints: { name: "tracepoints", remedy: "boot a kernel built with CONFIG_FTRACE_SYSCALLS" },
    // Nothing to mend: faults are then counted and priced instead of timed.
    fentry: { name: "fentry", remedy: null },
    capabilities: {
      name: "capabilities",
      remedy: "run with sudo, or once: sudo setcap cap_bpf,cap_perfmon=ep crossbill-recorder",
    },
    pmu: { name: "PMU", remedy: null },
  };

function probed(probe: ProbeResult, name: string): Feature {
  const shown = probes[name] ?? { name, remedy: null };
  if (probe.kind === "unavailable") {
    return { name: shown.name, state: "unknown", why: probe.why, remedy: "run ./setup" };
  }
  const feature = probe.features.find((candidate) => candidate.name === name);
  if (feature === undefined) {
    return { name: shown.name, state: "unknown", why: "not probed", remedy: null };
  }
  return {
    name: shown.name,
    state: feature.ok ? "works" : "does not",
    why: feature.detail,
    remedy: feature.ok ? null : remedyOf(feature, shown.remedy),
  };
}

function remedyOf(feature: ProbedFeature, remedy: string | null): string | null {
  if (feature.name !== "capabilities" || remedy === null) return remedy;
  return remedy.replace("crossbill-recorder", recorderPath("ebpf"));
}

/** Whatever else the recorder probes: shown as it is, so that new probes need nothing here. */
function furtherFeatures(probe: ProbeResult): Feature[] {
  const early = new Set(["btf", "tracepoints", "fentry", "capabilities"]);
  const known = probe.kind === "probed" ? probe.features.map(({ name }) => name) : [];
  const names = new Set([...known.filter((name) => !early.has(name)), "pmu"]);
  return [...names].map((name) => probed(probe, name));
}
