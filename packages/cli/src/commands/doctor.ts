/** crossbill doctor: what works on this machine, what does not, and what mends it. */
import { printable } from "@crossbill/core";
import { diagnose, type Feature } from "@crossbill/recorder";
import { FAILED } from "../failure.ts";
import * as flags from "../flags.ts";
import { jsonPieces } from "../json-pieces.ts";
import { standardOutput } from "../output-file.ts";
import { type Paint, paintFor } from "../render/paint.ts";
import { wantsColour } from "../terminal.ts";
import type { Verb } from "../verb.ts";

const DOCTOR_SCHEMA = "crossbill.doctor/1";

export const doctor: Verb = {
  name: "doctor",
  summary: "say what works here, what does not, and what mends it",
  description:
    "Tries what crossbill needs, feature by feature: recorders, BTF, tracepoints, fentry, rights, " +
    "lockdown, namespaces, sysctls, io_uring, KVM, cgroups, the PMU. The exit status is 0 when run " +
    "can work in some form, else 125.",
  operand: null,
  flags: [flags.jsonFlag],
  examples: [
    { command: "crossbill doctor", meaning: "what this user can do" },
    { command: "sudo crossbill doctor", meaning: "what root can do" },
    { command: "crossbill doctor --json", meaning: "for scripts" },
  ],
  async act(_operands, values) {
    const { features, canRun } = await diagnose();
    standardOutput(1).write(
      flags.jsonFlag.read(values)
        ? jsonPieces({ schema: DOCTOR_SCHEMA, canRun, features })
        : renderFeatures(features, paintFor(wantsColour(1))),
    );
    return { kind: "status", status: canRun ? 0 : FAILED };
  },
};

/** One line a feature, and the remedy below it. */
function renderFeatures(features: readonly Feature[], paint: Paint): string[] {
  const width = Math.max(...features.map(({ name }) => name.length));
  return features.map((feature) => renderFeature(feature, width, paint));
}

function renderFeature({ name, state, why, remedy }: Feature, width: number, paint: Paint): string {
  const shown = state === "does not" ? paint.alarm(state) : state;
  const padding = " ".repeat("does not".length - state.length);
  const line = `${name.padEnd(width)}  ${shown}${padding}  ${printable(why)}\n`;
  return remedy === null ? line : `${line}${" ".repeat(width + 2)}-> ${printable(remedy)}\n`;
}
