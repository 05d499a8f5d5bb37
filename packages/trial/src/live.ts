/** live: the user's own program, run with and without the fix. */
import { randomInt } from "node:crypto";
import {
  FEWEST_PAIRS,
  judge,
  pairedRatio,
  type ShareInterval,
  savedShares,
  TRIAL_SCHEMA,
  type Trial,
  UnsupportedError,
} from "@crossbill/core";
import { type Behaviour, behaviourOf, compare, misbehaviour } from "./live-behaviour.ts";
import { describeFixes, fixesOf, type LiveFix } from "./live-fixes.ts";
import { keepInput } from "./live-input.ts";
import { refuseUnfit } from "./live-program.ts";
import { type PlainRecording, recordPlain } from "./live-recording.ts";
import {
  type LivePlace,
  type LiveRun,
  runLiveOnce,
  standardErrorOf,
  standardOutputOf,
} from "./live-run.ts";
import { type LiveFigures, liveLines } from "./live-text.ts";
import { anyScratch } from "./scratch-place.ts";

export interface LiveOptions {
  readonly command: readonly [string, ...string[]];
  /** Code of the finding whose fix is to be tried; null: every fix that is safe. */
  readonly finding: string | null;
  /** Also fixes that change what survives a crash, such as grouping fsync. */
  readonly unsafe: boolean;
  /** Files the program writes, to be compared byte by byte. */
  readonly outputFiles: readonly string[];
  readonly machineKey: string;
  readonly signal: AbortSignal;
  /** One line of what is done now. */
  readonly onProgress: (doing: string) => void;
}

/** What came of it: for the scoreboard, and in lines to print. */
export interface LiveTrial {
  readonly trial: Trial;
  readonly lines: readonly string[];
}

/** An odd number, of which the interval leaves out both extremes; see core's paired-ratio.ts. */
const PAIRS = 9;
/** Runs of a few ms vary most and cost least: as many as go into this time, but not for ever. */
const SHORT_MS = 2000;
const SHORT_PAIRS = 25;
/** After this long fewer must do, but never fewer than say something. */
const PATIENCE_MS = 30_000;

/**
 * Runs the command plain and fixed, in pairs.
 * @throws UnsupportedError when the fix cannot be put into this program; UsageError when a fix is
 * not allowed; TargetError when the program cannot be started; AbortError by `signal`.
 */
export async function runLive(options: LiveOptions): Promise<LiveTrial> {
  const { command, finding, unsafe, signal } = options;
  const fixes = fixesOf(finding, unsafe);
  refuseUnfit(command[0]);
  const scratch = anyScratch();
  try {
    const input = keepInput(scratch.folder);
    const place: LivePlace = { command, folder: scratch.folder, input: input.path, signal };
    options.onProgress("one run under a recorder, one to see that the library gets in");
    const recording = await recordPlain(place, finding);
    await refuseUnloaded(place, fixes);
    const runs = await runPairs(options, place, fixes, recording);
    const figures: LiveFigures = {
      fix: describeFixes(fixes),
      plain: runs.plain.map(({ run }) => run),
      fixed: runs.fixed.map(({ run }) => run),
      recording,
      compared: compare(
        runs.plain.map(({ behaviour }) => behaviour),
        runs.fixed.map(({ behaviour }) => behaviour),
      ),
      inputNotice: input.notice,
    };
    const trial = trialOf(options, figures);
    return { trial, lines: liveLines(trial, figures) };
  } finally {
    scratch.remove();
  }
}

/** What cannot be seen from outside: file capabilities, another C library, a cleaned environment. */
async function refuseUnloaded(place: LivePlace, fixes: readonly LiveFix[]): Promise<void> {
  const { report } = await runLiveOnce(place, fixes);
  if (report !== null && report.processes > 0) return;
  throw new UnsupportedError("a live trial of this program (it does not load the library)", null, {
    remedy: "replay its bill instead: crossbill try bill.json",
  });
}

interface Seen {
  readonly run: LiveRun;
  readonly behaviour: Behaviour;
}

interface SeenPairs {
  readonly plain: readonly Seen[];
  readonly fixed: readonly Seen[];
}

async function runPairs(
  { outputFiles, onProgress }: LiveOptions,
  place: LivePlace,
  fixes: readonly LiveFix[],
  { written }: PlainRecording,
): Promise<SeenPairs> {
  const observed = {
    standardOutput: standardOutputOf(place),
    standardError: standardErrorOf(place),
    files: [...new Set([...outputFiles, ...written])],
  };
  const look = async (how: readonly LiveFix[] | null): Promise<Seen> => {
    const run = await runLiveOnce(place, how);
    return { run, behaviour: behaviourOf(run, observed) };
  };
  const plain: Seen[] = [];
  const fixed: Seen[] = [];
  const beganAt = Date.now();
  while (goesOn(plain.length, Date.now() - beganAt)) {
    onProgress(`pair ${plain.length + 1}`);
    const isPlainFirst = randomInt(2) === 0;
    if (isPlainFirst) plain.push(await look(null));
    fixed.push(await look(fixes));
    if (!isPlainFirst) plain.push(await look(null));
  }
  return { plain, fixed };
}

function goesOn(pairs: number, elapsedMs: number): boolean {
  if (pairs < FEWEST_PAIRS) return true;
  if (pairs < PAIRS) return elapsedMs < PATIENCE_MS;
  return pairs < SHORT_PAIRS && elapsedMs < SHORT_MS;
}

function trialOf({ command, finding, machineKey }: LiveOptions, figures: LiveFigures): Trial {
  const { predicted } = figures.recording;
  const tried = triedShares(figures);
  const evidence = { predicted, tried, errorShare: null };
  return {
    schema: TRIAL_SCHEMA,
    triedAt: new Date().toISOString(),
    machineKey,
    kind: "live",
    finding,
    command: [...command],
    predicted,
    tried,
    unchangedErrorShare: null,
    coverage: coverageOf(figures),
    ...(misbehaviour(figures.compared, figures.fixed, figures.recording.crossings) ??
      judge(evidence)),
  };
}

function triedShares({ plain, fixed }: LiveFigures): ShareInterval {
  const ratio = pairedRatio(
    plain.map(({ elapsedNs: plainNs }, at) => ({ plainNs, changedNs: fixed[at]?.elapsedNs ?? 0 })),
  );
  return ratio === null ? { lowShare: 0, likelyShare: 0, highShare: 0 } : savedShares(ratio, 1);
}

/** Calls that passed through the library beside those that crossed without it. */
function coverageOf({ recording, fixed }: LiveFigures): number | null {
  const report = fixed.at(-1)?.report;
  if (report === null || report === undefined) return null;
  return recording.crossings === null || recording.crossings === 0
    ? null
    : Math.min(1, report.intercepted / recording.crossings);
}
