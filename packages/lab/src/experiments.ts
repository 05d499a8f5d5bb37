/** experiments: all topics, in the order of the chapter; `toll` prices the ruler before them. */
import type { Experiment } from "./experiment.ts";
import { scatter } from "./experiments/scatter.ts";
import { toll } from "./experiments/toll.ts";

export const experiments: readonly Experiment[] = [toll, scatter];
