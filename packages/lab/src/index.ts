/** @crossbill/lab: the topics of the chapter, measured; the prices of this machine; its identity. */
export { type CalibrateOptions, type Calibration, calibrate } from "./calibration.ts";
export {
  type ConditionsSnapshot,
  conditionsBetween,
  type MachineConditions,
  machineConditions,
} from "./conditions.ts";
export type { Measurement } from "./derive-prices.ts";
export type { Experiment } from "./experiment.ts";
export { experiments } from "./experiments.ts";
export { chooseTopics, type LabOptions, run } from "./lab.ts";
export { identifyMachine } from "./machine.ts";
export { appendOwn, readOwn, stateFolder } from "./own-files.ts";
export {
  loadPrices,
  type PricesLookup,
  pricesFolder,
  pricesPath,
  savePrices,
} from "./prices-store.ts";
export type { Progress } from "./progress.ts";
export { type RecorderMeasurement, type RecorderMode, recorderModes } from "./recorder-price.ts";
export {
  loadLabReport,
  loadUnfinished,
  type ReportLookup,
  removeUnfinished,
  saveLabReport,
  saveUnfinished,
} from "./report-store.ts";
export { makeScratch, removeLeftOvers } from "./scratch.ts";
export { pricesStillMatch, type SpotCheck } from "./spot-check.ts";
export { type CalibrationWarning, calibrationWarningText } from "./warnings.ts";
