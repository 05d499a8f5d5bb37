/** warnings: what makes a calibration doubtful, as values with one renderer. */
import { type Disturbance, disturbances } from "@crossbill/core";

export type CalibrationWarning =
  /** The cheaper mechanism came out dearer: the clock or the machine misled us. */
  | { readonly kind: "impossible-order"; readonly cheaper: string; readonly dearer: string }
  /** 2n calls did not take twice as long as n. */
  | { readonly kind: "not-linear"; readonly mechanism: string }
  /** Processes disagree by more than half. */
  | {
      readonly kind: "wide";
      readonly price: string;
      readonly spread: number;
      /** Every crossing of a bill is charged with it. */
      readonly everyCrossing?: boolean;
    }
  /** The hypervisor gave the CPUs to somebody else. */
  | { readonly kind: "stolen"; readonly share: number }
  | { readonly kind: "busy"; readonly load: number; readonly cpus: number }
  /** Other processes left no CPU free for the measurement. */
  | { readonly kind: "crowded"; readonly othersCpus: number; readonly cpus: number }
  /** Every call of the measured processes stopped for somebody else. */
  | { readonly kind: "traced"; readonly by: number }
  /** The machine was too slow for all rounds: fewer processes stand behind each interval. */
  | { readonly kind: "hurried"; readonly rounds: number; readonly planned: number }
  | { readonly kind: "recorder"; readonly recorder: string; readonly why: string };

/** What of it spoils the prices as a whole, so that they are worth measuring again. */
export function disturbancesIn(warnings: readonly CalibrationWarning[]): Disturbance[] {
  const found = new Set<Disturbance>();
  for (const warning of warnings) {
    if (warning.kind === "busy" || warning.kind === "crowded") found.add("busy");
    if (warning.kind === "stolen" || warning.kind === "traced") found.add(warning.kind);
    if (warning.kind === "wide" && warning.everyCrossing === true) found.add("wide");
  }
  return disturbances.filter((one) => found.has(one));
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** One line for one warning. */
export function calibrationWarningText(warning: CalibrationWarning): string {
  let text: string;
  switch (warning.kind) {
    case "impossible-order":
      text = `${warning.cheaper} came out dearer than ${warning.dearer}: calibrate again when the machine is quiet`;
      break;
    case "not-linear":
      text = `${warning.mechanism}: twice the calls did not take twice the time`;
      break;
    case "wide":
      text = `${warning.price} varies by ${percent(warning.spread)} between processes`;
      break;
    case "stolen":
      text = `the hypervisor took ${percent(warning.share)} of the CPU time while measuring`;
      break;
    case "busy":
      text = `the machine was busy while measuring (load ${warning.load.toFixed(1)} on ${warning.cpus} CPUs)`;
      break;
    case "crowded":
      text = `other programs kept ${warning.othersCpus.toFixed(1)} of ${warning.cpus} CPUs busy while measuring`;
      break;
    case "traced":
      text = `crossbill itself was traced while measuring (by process ${warning.by})`;
      break;
    case "hurried":
      text = `only ${warning.rounds} of ${warning.planned} rounds fitted into the time`;
      break;
    case "recorder":
      text = `the cost of the ${warning.recorder} recorder is unknown: ${warning.why}`;
      break;
  }
  return text;
}
