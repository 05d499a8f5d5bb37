/** vmexit-states: what may keep a guest away, and what each of these states means. */
import type { Machine } from "@crossbill/core";
import type { Measured } from "../measured.ts";
import { isFlat } from "./vmexit-model.ts";
import { GUEST } from "./vmexit-points.ts";

/** What each state of KVM means for this topic; the words are those of bare-guest.c. */
const states: readonly { readonly word: string; readonly meaning: string }[] = [
  {
    word: "missing",
    meaning:
      "this kernel offers no KVM, so no guest can be made here: no module, a processor that does not " +
      "virtualise, or a host that lets its guests have no guests",
  },
  {
    word: "no-permission",
    meaning: "KVM is here, but /dev/kvm is not ours to open: join its group, or run as root",
  },
  {
    word: "unusable",
    meaning: "/dev/kvm opens, but a request to it fails, so the guest was not built",
  },
  {
    word: "no-long-mode-guest",
    meaning:
      "KVM makes a guest and runs it, but neither kind of guest gets from its system calls to its handler and back",
  },
];

export function stateOf(why: string): (typeof states)[number] | undefined {
  return states.find(({ word }) => why.includes(`: ${word}`));
}

export function notesOf(measured: Measured, isInGuest: boolean, machine: Machine): string[] {
  const notes: string[] = [];
  const why = measured.missing(GUEST);
  if (why !== null) {
    const state = stateOf(why);
    notes.push(state === undefined ? `no guest: ${why}` : `${state.word}: ${state.meaning}`, why);
  } else if (isFlat(measured)) {
    notes.push(
      "this KVM runs guests without the processor's help: a guest's call is an exit already, and its " +
        "handler has the caller's privilege; do not read these figures as ring 3 to ring 0",
    );
  }
  notes.push(
    isInGuest
      ? `CPUID: answered by this machine's hypervisor (${machine.hypervisor ?? "unknown"}); on many ` +
          "hosts its time has two modes, so the undisturbed one and the median are shown"
      : "CPUID: this is no guest, so it does not exit; its time is that of the instruction",
  );
  return notes;
}
