/** toll-mitigations: which of the machine's mitigations act at the boundary, and what they do. */
import type { Machine } from "@crossbill/core";

/**
 * What acts when the kernel is entered or left, by what the kernel's own report says of it
 * (Documentation/admin-guide/hw-vuln and arch/x86/kernel/cpu/bugs.c).
 */
const acts: readonly { readonly said: RegExp; readonly does: string }[] = [
  { said: /\bPTI\b/, does: "switches page tables on the way in and out" },
  { said: /Clear CPU buffers/, does: "overwrites buffers on the way out" },
  { said: /\bIBRS\b(?!_FW)/, does: "restricts branch prediction inside the kernel" },
  { said: /Retpolines/, does: "avoids predicted indirect branches inside the kernel" },
  { said: /untrained return thunk|[Ss]afe RET/, does: "returns through a safe sequence" },
  { said: /BHB|BHI: (?!Not|Vulnerable)/, does: "clears the branch history on the way in" },
  { said: /swapgs barriers/, does: "waits at the entry before it uses kernel data" },
];

/** One note for each mitigation that is on; what it does at the boundary where that is known. */
export function mitigationNotes({ mitigations }: Pick<Machine, "mitigations">): string[] {
  const on = Object.entries(mitigations).filter(([, state]) => state.startsWith("Mitigation"));
  if (on.length === 0) return ["no mitigation is on: the toll is the bare one"];
  return on.map(([name, state]) => {
    const does = acts.filter(({ said }) => said.test(state)).map((one) => one.does);
    const effect = does.length === 0 ? "" : ` (${does.join("; ")})`;
    return `mitigation at work: ${name}: ${state.replace(/^Mitigation[:;] */, "")}${effect}`;
  });
}
