/** hypervisor: who runs this machine, asked of the processor and not of the firmware's tables. */
import { spawnSync } from "node:child_process";
import { measureProgram } from "@crossbill/native";

/** CPUID leaf 0x40000000 by its twelve letters; each from its hypervisor's public documentation. */
const signatures: ReadonlyMap<string, string> = new Map([
  ["KVMKVMKVM", "kvm"],
  ["Linux KVM Hv", "kvm"],
  ["Microsoft Hv", "hyper-v"],
  ["VMwareVMware", "vmware"],
  ["XenVMMXenVMM", "xen"],
  ["TCGTCGTCGTCG", "qemu"],
  ["bhyve bhyve ", "bhyve"],
  ["VBoxVBoxVBox", "virtualbox"],
  [" lrpepyh  vr", "parallels"],
  ["ACRNACRNACRN", "acrn"],
]);

/** What `crossbill-measure identity` printed, as the Machine's `hypervisor`. */
export function hypervisorName(identity: unknown): string | null {
  if (typeof identity !== "object" || identity === null || !("hypervisor" in identity)) return null;
  if (identity.hypervisor === false) return "none";
  if (identity.hypervisor !== true) return null;
  const signature = "signature" in identity ? identity.signature : null;
  if (typeof signature !== "string" || signature.length > 12) return "unknown";
  return signatures.get(signature) ?? (signature.trim() || "unknown");
}

/** Name of the hypervisor, "none" on bare metal, null where the processor cannot be asked. */
export function detectHypervisor(): string | null {
  const { status, stdout } = spawnSync(measureProgram(), ["identity"], {
    encoding: "utf8",
    timeout: 5_000,
    maxBuffer: 4_096,
    stdio: ["ignore", "pipe", "ignore"],
  });
  if (status !== 0) return null;
  try {
    return hypervisorName(JSON.parse(stdout));
  } catch {
    return null;
  }
}
