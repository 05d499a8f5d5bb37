/** @crossbill/native: mechanisms in C, each timed in a process of its own. */
export {
  collectText,
  ended,
  type MeasureOrder,
  measure,
  measureArguments,
  type Parameters,
} from "./measure.ts";
export { measureProgram } from "./measure-program.ts";
export { type Block, parseSamples, type Samples } from "./samples.ts";
