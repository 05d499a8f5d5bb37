/**
 * experiment: the shape that all topics of the lab share. A topic says which points it wants, and
 * what they mean; how they are run (fresh processes, rounds, random order) is the same for all.
 */
import type { Analysis, Machine } from "@crossbill/core";
import type { Parameters } from "@crossbill/native";
import type { Cache } from "./cache-tiers.ts";
import type { Measured } from "./measured.ts";
import type { RecorderMode } from "./recorder-price.ts";

/** One mechanism with its parameters: one process each round. */
export interface Point {
  /** Points of one series make one line of a chart. */
  readonly series: string;
  /** Where in its series: bytes, batch, connections... */
  readonly x: number;
  /** The file in packages/native/src/mechanisms. */
  readonly mechanism: string;
  readonly parameters: Parameters;
  /** "fit": the model sees it; "held-out": it judges the model; "shown": no model is about it. */
  readonly role: "fit" | "held-out" | "shown";
  /** How long it is timed in a full run, s; 0.05 when absent. A quick run takes a quarter. */
  readonly seconds?: number;
  /** Instead of a time: exactly so many calls, so many a block. For what is slow or has a state. */
  readonly exactly?: { readonly calls: number; readonly blockCalls: number };
  /** Which blocks stand for the process; "low" (what it costs undisturbed) when absent. */
  readonly estimator?: "low" | "median";
  /** Crossbill's own recorder, when the process is to be measured while it is recorded. */
  readonly recorder?: RecorderMode;
  /** What else the process takes, for set-up; ms, a guess for the progress shown. */
  readonly setUpMs?: number;
}

/** What a topic may know of where it runs. */
export interface Scope {
  readonly quick: boolean;
  readonly machine: Machine;
  /** Data and unified caches of the first CPU, smallest first. */
  readonly caches: readonly Cache[];
  readonly pageBytes: number;
  /** An empty folder of this run on a real file system; removed afterwards. */
  readonly folder: string;
}

export interface Experiment {
  /** The word the user types: "chunks". */
  readonly name: string;
  readonly title: string;
  readonly question: string;
  /** What the chapter claims, in our words. */
  readonly claim: string;
  /** Paragraphs for `explain` and the documentation: what happens in the kernel, and the model. */
  readonly background: readonly string[];
  /** Seconds of measuring in a full run; a quick one takes an eighth. */
  readonly budgetSeconds: number;
  plan(scope: Scope): readonly Point[];
  /** Pure: the same points give the same analysis. */
  analyse(measured: Measured, scope: Pick<Scope, "caches" | "machine" | "pageBytes">): Analysis;
}
