/** Points of an experiment as a machine with known prices would give them, for tests of analyses. */
import { type Analysis, analysisSchema, type LabPoint, type Verdict } from "@crossbill/core";
import type { Experiment, Point, Scope } from "../../packages/lab/src/experiment.ts";
import { Measured } from "../../packages/lab/src/measured.ts";

/** What one point cost and what was counted. */
export interface Invented {
  readonly ns: number;
  readonly counts?: Readonly<Record<string, number>>;
}

/** For tests that analyse many subsets, on a machine that is busy with other things. */
export const PATIENCE_MS = 60_000;

export const inventedScope: Scope = {
  quick: false,
  machine: {
    architecture: "x86_64",
    cpu: "an invented one",
    cpus: 2,
    memoryBytes: 1 << 30,
    kernel: "6.1",
    distribution: "none",
    hypervisor: null,
    clockSource: "tsc",
    governor: null,
    mitigations: { spectre_v1: "Mitigation: usercopy/swapgs barriers", meltdown: "Not affected" },
    transparentHugePages: null,
    key: "0",
  },
  caches: [
    { level: 1, bytes: 32 << 10 },
    { level: 2, bytes: 1 << 20 },
    { level: 3, bytes: 32 << 20 },
  ],
  pageBytes: 4096,
  folder: "/invented",
};

/** All points of the plan, in three rounds that differ by a hundredth. */
export function inventPoints(
  experiment: Experiment,
  machine: (point: Point) => Invented,
): LabPoint[] {
  return experiment.plan(inventedScope).map((point) => {
    const { series, x, mechanism, parameters, role } = point;
    const { ns, counts } = machine(point);
    const values = [ns, ns * 1.01, ns * 0.99];
    return {
      ...{ series, x, mechanism, parameters, role, values },
      cpuValues: values,
      counts: { ...counts },
      linear: true,
      missing: null,
    };
  });
}

/** The points as they are when the machine refuses those that `refused` picks. */
export function refuse(
  points: readonly LabPoint[],
  refused: (point: LabPoint) => boolean,
): LabPoint[] {
  return points.map((point) =>
    refused(point)
      ? { ...point, values: [], cpuValues: [], counts: {}, linear: null, missing: "refused" }
      : point,
  );
}

/** The analysis, after it was checked to hold only what JSON can say, and no NaN in its texts. */
export function analyse(experiment: Experiment, points: readonly LabPoint[]): Analysis {
  const analysis = analysisSchema.parse(experiment.analyse(new Measured(points), inventedScope));
  const text = JSON.stringify(analysis, (_, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value)) throw new Error("no finite number");
    return value;
  });
  if (/NaN|undefined|Infinity|\bunknown\b/.test(text)) throw new Error(`no figure: ${text}`);
  return analysis;
}

/** Without one series, with only one, without the ends of one, and with nothing at all. */
export function subsets(points: readonly LabPoint[]): LabPoint[][] {
  const names = [...new Set(points.map(({ series }) => series))];
  const ends = names.flatMap((name) => {
    const all = points.filter(({ series }) => series === name);
    return [all[0], all.at(-1)];
  });
  return [
    ...names.map((name) => refuse(points, ({ series }) => series === name)),
    ...names.map((name) => refuse(points, ({ series }) => series !== name)),
    ...ends.map((end) => refuse(points, (point) => point === end)),
    refuse(points, () => true),
  ];
}

export function verdictOf(analysis: Analysis, claim: RegExp): Verdict | undefined {
  return analysis.claims.find((one) => claim.test(one.claim))?.verdict;
}

export function valueOf(analysis: Analysis, symbol: string): number {
  const found = analysis.parameters.find((one) => one.symbol === symbol);
  return found?.value.likely ?? Number.NaN;
}
