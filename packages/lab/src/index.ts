/** @crossbill/lab: the prices of this machine and its identity. */
export { type CalibrateOptions, type Calibration, calibrate } from "./calibration.ts";
export {
  type ConditionsSnapshot,
  conditionsBetween,
  type MachineConditions,
  machineConditions,
} from "./conditions.ts";
export type { Measurement } from "./derive-prices.ts";
export { identifyMachine } from "./machine.ts";
export {
  loadPrices,
  type PricesLookup,
  pricesFolder,
  pricesPath,
  savePrices,
} from "./prices-store.ts";
export type { Progress } from "./progress.ts";
export { type RecorderMeasurement, type RecorderMode, recorderModes } from "./recorder-price.ts";
export { pricesStillMatch, type SpotCheck } from "./spot-check.ts";
export { type CalibrationWarning, calibrationWarningText } from "./warnings.ts";
