/** @crossbill/recorder: starts a recorder beside a program and reads what it saw. */
export { type RecorderName, recorderBinary } from "./binaries.ts";
export {
  type Choice,
  type ChooseOptions,
  chooseRecorder,
  fallbackNotice,
  type Shortcoming,
} from "./choose.ts";
export { type Diagnosis, diagnose } from "./doctor.ts";
export type { Feature } from "./doctor-system.ts";
export { type ProbedFeature, type ProbeResult, probeKernel } from "./probe.ts";
export {
  type Recorded,
  type RecordingOptions,
  type RunningRecording,
  type Subject,
  startRecording,
} from "./start.ts";
export { type StreamEnd, StreamReader } from "./stream.ts";
export type { Hello, RecordedFacts } from "./stream-facts.ts";
export { SEQUENCE_BUDGET_MAX } from "./stream-sequences.ts";
export { symbolise } from "./symbols/symbolise.ts";
export type { SampledRecording } from "./symbols/wanted-frames.ts";
