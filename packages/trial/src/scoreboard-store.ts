/** scoreboard-store: every trial made here, a line of JSON each, under XDG_STATE_HOME. */
import { join } from "node:path";
import { CrossbillError, parseTrial, type Trial } from "@crossbill/core";
import { appendOwn, readOwn, stateFolder } from "@crossbill/lab";

/** A trial takes about a kilobyte; 16,000 of them are more than anybody makes. */
const MOST_BYTES = 16 << 20;
/** A command line may have megabytes; its beginning says which program it was. */
const MOST_COMMAND_CHARACTERS = 2000;

export interface StoredTrials {
  readonly trials: readonly Trial[];
  /** Lines that are no trials: cut off by a crash, or by another version. */
  readonly unreadable: number;
  readonly path: string;
  /** Why the file is not used at all; null when it is, or when there is none. */
  readonly why: string | null;
}

export function scoreboardPath(folder: string = stateFolder()): string {
  return join(folder, "scoreboard.jsonl");
}

/** Adds a trial. @throws PermissionError when the file is not ours alone, not writable, or full. */
export function appendTrial(trial: Trial, folder?: string): void {
  const line = JSON.stringify({ ...trial, command: beginning(trial.command) });
  appendOwn(scoreboardPath(folder), line, "the scoreboard", MOST_BYTES);
}

/** All trials, oldest first. Never throws on what the file holds. */
export function loadTrials(folder?: string): StoredTrials {
  const path = scoreboardPath(folder);
  const read = readOwn(path, MOST_BYTES);
  if (read.state !== "text") {
    return { trials: [], unreadable: 0, path, why: read.state === "bad" ? read.why : null };
  }
  const lines = read.text.split("\n").filter((line) => line !== "");
  const trials = lines.flatMap(trialOf);
  return { trials, unreadable: lines.length - trials.length, path, why: null };
}

function trialOf(line: string): Trial[] {
  try {
    return [parseTrial(line)];
  } catch (error) {
    if (error instanceof CrossbillError) return [];
    throw error;
  }
}

function beginning(command: readonly string[]): string[] {
  const kept: string[] = [];
  let room = MOST_COMMAND_CHARACTERS;
  for (const word of command) {
    if (room <= 0) break;
    kept.push(word.slice(0, room));
    room -= word.length + 1;
  }
  return kept;
}
