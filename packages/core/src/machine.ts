/** Who a measurement belongs to: the machine, its kernel and the settings that move prices. */
import { z } from "zod";

export const machineSchema = z.object({
  architecture: z.string(),
  cpu: z.string(),
  cpus: z.number().int().positive(),
  memoryBytes: z.number().nonnegative(),
  kernel: z.string(),
  distribution: z.string(),
  /** Name of the hypervisor, "none" on bare metal, null when it cannot be told. */
  hypervisor: z.string().nullable(),
  clockSource: z.string().nullable(),
  governor: z.string().nullable(),
  /** /sys/devices/system/cpu/vulnerabilities, one entry per file. */
  mitigations: z.record(z.string(), z.string()),
  transparentHugePages: z.string().nullable(),
  /** Hash of what prices depend on: CPU, kernel, hypervisor, mitigations. */
  key: z.string(),
});
export type Machine = z.infer<typeof machineSchema>;
