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

/** How the kernel's report begins: some of what is open is dealt with in part. */
const kinds = [
  { begins: "Mitigation", words: "mitigation at work" },
  { begins: "Vulnerable", words: "open, or dealt with in part" },
] as const;

/** One note for each flaw that is dealt with or open; what that does at the boundary, if known. */
export function mitigationNotes({ mitigations }: Pick<Machine, "mitigations">): string[] {
  const named = Object.entries(mitigations).flatMap(([name, state]) => {
    const kind = kinds.find(({ begins }) => state.startsWith(begins));
    if (kind === undefined) return [];
    const does = acts.filter(({ said }) => said.test(state)).map((one) => one.does);
    const effect = does.length === 0 ? "" : ` (${does.join("; ")})`;
    const rest = state.slice(kind.begins.length).replace(/^[:;]? */, "");
    return [`${kind.words}: ${name}${rest === "" ? "" : `: ${rest}`}${effect}`];
  });
  return named.length === 0 ? ["no mitigation is on: the toll is the bare one"] : named;
}
