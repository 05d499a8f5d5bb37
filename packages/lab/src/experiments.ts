/** experiments: all topics, in the order of the chapter; `toll` prices the ruler before them. */
import type { Experiment } from "./experiment.ts";
import { bypass } from "./experiments/bypass.ts";
import { chunks } from "./experiments/chunks.ts";
import { ipc } from "./experiments/ipc.ts";
import { libos } from "./experiments/libos.ts";
import { mmap } from "./experiments/mmap.ts";
import { monitors } from "./experiments/monitors.ts";
import { perspective } from "./experiments/perspective.ts";
import { rings } from "./experiments/rings.ts";
import { scatter } from "./experiments/scatter.ts";
import { toll } from "./experiments/toll.ts";
import { vmexit } from "./experiments/vmexit.ts";

export const experiments: readonly Experiment[] = [
  toll,
  chunks,
  scatter,
  perspective,
  mmap,
  ipc,
  rings,
  bypass,
  monitors,
  vmexit,
  libos,
];
