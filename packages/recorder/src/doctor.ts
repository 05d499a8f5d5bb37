/** The doctor: what crossbill needs from this machine, tried out one by one. */
import { CrossbillError } from "@crossbill/core";
import type { RecorderName } from "./binaries.ts";
import { BTF_REMEDY, capabilityRemedy, ebpfShortcoming } from "./choose.ts";
import { type Feature, systemFeatures } from "./doctor-system.ts";
import { type ProbeResult, probeKernel } from "./probe.ts";
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
      ...shownFirst.map((name) => probed(probe, name)),
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

/** The recorder's own probes that stand before what the system says of itself. */
const shownFirst: readonly string[] = ["btf", "tracepoints", "fentry", "capabilities"];

/** Names that are not shown as the recorder writes them. */
const shownNames: ReadonlyMap<string, string> = new Map([
  ["btf", "BTF"],
  ["pmu", "PMU"],
]);

function probed(probe: ProbeResult, probeName: string): Feature {
  const name = shownNames.get(probeName) ?? probeName;
  if (probe.kind === "unavailable") {
    return { name, state: "unknown", why: probe.why, remedy: "run ./setup" };
  }
  const feature = probe.features.find((candidate) => candidate.name === probeName);
  if (feature === undefined) return { name, state: "unknown", why: "not probed", remedy: null };
  if (feature.ok) return { name, state: "works", why: feature.detail, remedy: null };
  return { name, state: "does not", why: feature.detail, remedy: remedyOf(probeName) };
}

/** Nothing mends a kernel without fentry, where faults are priced instead of timed, or a missing PMU. */
function remedyOf(probeName: string): string | null {
  if (probeName === "btf") return BTF_REMEDY;
  if (probeName === "tracepoints") return "boot a kernel built with CONFIG_FTRACE_SYSCALLS";
  return probeName === "capabilities" ? capabilityRemedy() : null;
}

/** Whatever else the recorder probes: shown as it is, so that new probes need nothing here. */
function furtherFeatures(probe: ProbeResult): Feature[] {
  const known = probe.kind === "probed" ? probe.features.map(({ name }) => name) : [];
  const names = new Set([...known.filter((name) => !shownFirst.includes(name)), "pmu"]);
  return [...names].map((name) => probed(probe, name));
}
