/** The doctor: what crossbill needs from this machine, tried out one by one. */
import { CrossbillError, errnoName } from "@crossbill/core";
import type { RecorderName } from "./binaries.ts";
import { BTF_REMEDY, capabilityRemedy, ebpfShortcoming } from "./choose.ts";
import { type Feature, systemFeatures } from "./doctor-system.ts";
import { type ProbedFeature, type ProbeResult, probeKernel } from "./probe.ts";
import { startRecording } from "./start.ts";
import { symbolToolsFeature } from "./symbols/symbol-tools.ts";

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
      symbolToolsFeature(),
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
  const lacksRights = probe.features.some(({ name: other, ok }) => other === "capabilities" && !ok);
  const remedy = remedyOf(feature, lacksRights);
  return { name, state: "does not", why: feature.detail, remedy };
}

/**
 * What mends it depends on how it failed: a refusal says nothing about the kernel's features.
 * Nothing mends a kernel without fentry, where faults are priced instead of timed, or a missing PMU.
 */
function remedyOf({ name, errno }: ProbedFeature, lacksRights: boolean): string | null {
  if (name === "capabilities") return capabilityRemedy();
  const isRefused = ["EPERM", "EACCES"].includes(errnoName(errno));
  if (name === "btf") return isRefused ? "make /sys/kernel/btf/vmlinux readable" : BTF_REMEDY;
  if (isRefused && lacksRights) return capabilityRemedy();
  // With all rights it is the kernel's code that is locked down.
  if (name === "fentry") return null;
  if (isRefused) return FORBIDDEN_REMEDY;
  if (name === "recorder") return errnoName(errno) === "ENOMEM" ? null : "boot Linux 5.18 or newer";
  // They are there since 5.18 at the latest; ENOENT is a kernel that was built without them.
  const isAbsent = ["ENOENT", "ENODEV"].includes(errnoName(errno));
  const isTracepoints = name === "tracepoints" && isAbsent;
  return isTracepoints ? "boot a kernel built with CONFIG_FTRACE_SYSCALLS" : null;
}

/** Capabilities are there, and still the kernel refuses. */
const FORBIDDEN_REMEDY =
  "run outside the container or sandbox: a seccomp filter, kernel lockdown or a user namespace forbids it";

/** Whatever else the recorder probes: shown as it is, so that new probes need nothing here. */
function furtherFeatures(probe: ProbeResult): Feature[] {
  const known = probe.kind === "probed" ? probe.features.map(({ name }) => name) : [];
  const names = new Set([...known.filter((name) => !shownFirst.includes(name)), "pmu"]);
  return [...names].map((name) => probed(probe, name));
}
