/**
 * report-store: this machine's lab reports under XDG_CACHE_HOME, quick ones and full ones apart: what
 * was measured last of each topic, and the run that was interrupted, for `lab --resume`.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { CrossbillError, type LabReport, type Machine, parseLabReport } from "@crossbill/core";
import { cacheFolder, keyName, readOwn, writeOwn } from "./own-files.ts";

/** All topics with their raw values take less than a megabyte; a file far above is not ours. */
const MOST_BYTES = 16 << 20;

/** What the store knows of a machine. */
export type ReportLookup =
  | { readonly state: "found"; readonly report: LabReport; readonly path: string }
  | { readonly state: "missing"; readonly path: string }
  /** A file is there and must not or cannot be used: bad owner, broken, another version. */
  | { readonly state: "unusable"; readonly why: string; readonly path: string };

type Kind = "last" | "unfinished";

function pathOf(machine: Machine, quick: boolean, kind: Kind, folder: string): string {
  const mode = quick ? "quick" : "full";
  return join(
    folder,
    `lab-${keyName(machine.key)}-${mode}${kind === "last" ? "" : `.${kind}`}.json`,
  );
}

function load(machine: Machine, path: string): ReportLookup {
  const read = readOwn(path, MOST_BYTES);
  if (read.state === "missing") return { state: "missing", path };
  if (read.state === "bad") return { state: "unusable", why: read.why, path };
  try {
    const report = parseLabReport(read.text);
    return report.machine.key === machine.key
      ? { state: "found", report, path }
      : { state: "unusable", why: "it is another machine's", path };
  } catch (error) {
    if (!(error instanceof CrossbillError)) throw error;
    return { state: "unusable", why: error.message, path };
  }
}

/** What was measured last of each topic on this machine. Never throws on what the folder holds. */
export function loadLabReport(
  machine: Machine,
  quick: boolean,
  folder: string = cacheFolder(),
): ReportLookup {
  return load(machine, pathOf(machine, quick, "last", folder));
}

/**
 * Keeps a complete report. Topics that it lacks stay as they were measured before (each says when);
 * everything else is the new report's. Returns the path.
 * @throws PermissionError when the folder is not ours alone or not writable.
 */
export function saveLabReport(report: LabReport, folder: string = cacheFolder()): string {
  const path = pathOf(report.machine, report.quick, "last", folder);
  const earlier = load(report.machine, path);
  const lacking = (name: string) => !report.topics.some((topic) => topic.name === name);
  const kept =
    earlier.state !== "found"
      ? []
      : earlier.report.topics
          .filter(({ name }) => lacking(name))
          .map((topic) => ({ measuredAt: earlier.report.measuredAt, ...topic }));
  write(path, { ...report, topics: [...report.topics, ...kept] });
  return path;
}

/** The run that was interrupted, as far as it had come. */
export function loadUnfinished(
  machine: Machine,
  quick: boolean,
  folder: string = cacheFolder(),
): ReportLookup {
  return load(machine, pathOf(machine, quick, "unfinished", folder));
}

/** Keeps a run as far as it has come. @throws PermissionError as `saveLabReport`. */
export function saveUnfinished(report: LabReport, folder: string = cacheFolder()): void {
  write(pathOf(report.machine, report.quick, "unfinished", folder), report);
}

/** Forgets the interrupted run, which was finished or begun anew. */
export function removeUnfinished(
  machine: Machine,
  quick: boolean,
  folder: string = cacheFolder(),
): void {
  rmSync(pathOf(machine, quick, "unfinished", folder), { force: true });
}

function write(path: string, report: LabReport): void {
  writeOwn(path, `${JSON.stringify(report)}\n`, "the lab's report");
}
