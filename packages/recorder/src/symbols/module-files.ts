/** Module files: the programs and libraries on disk that frames of a recording are in. */
import { closeSync } from "node:fs";
import { homedir } from "node:os";
import { type ElfFile, readElf } from "./elf-file.ts";
import { openPlain, readAt } from "./plain-file.ts";
import type { SampledRecording } from "./wanted-frames.ts";

/** Beyond it a recording has more programs than there is time to look at. */
const CANDIDATES_MAX = 500;

/** A file that is what the frames say, open. */
export interface ModuleFile {
  readonly path: string;
  readonly file: number;
  readonly inode: number;
  /** When it was last written or replaced. */
  readonly changedMs: number;
  readonly elf: ElfFile;
}

/**
 * Paths of what the processes ran and mapped, programs first. Those that were deleted, or whose
 * beginning is not known, cannot be opened by name.
 */
export function candidatePaths(
  recording: SampledRecording,
  processes: ReadonlySet<number>,
): string[] {
  const programs = recording.processes
    .filter(({ id }) => processes.has(id))
    .map(({ exe }) => exe ?? "");
  const mapped = new Set(
    recording.lines
      .filter(
        ({ process, syscall }) => syscall === "mmap" && process !== null && processes.has(process),
      )
      .map(({ target }) => target),
  );
  const files = recording.targets
    .filter(
      ({ id, kind, deleted, truncated }) =>
        mapped.has(id) && kind === "file" && !deleted && !truncated,
    )
    .map(({ name }) => name ?? "");
  const paths = [...new Set([...programs, ...files])].filter((path) => path.startsWith("/"));
  return paths.slice(0, CANDIDATES_MAX);
}

/** Opens and reads a candidate; null when it is no plain ELF file. The caller closes `file`. */
export async function openModule(path: string, signal: AbortSignal): Promise<ModuleFile | null> {
  const opened = openPlain(path, "follow");
  if (opened === null) return null;
  const { descriptor: file, stats } = opened;
  const elf = isElf(file) ? await readElf(file, signal) : null;
  if (elf !== null) return { path, file, inode: stats.ino, changedMs: stats.ctimeMs, elf };
  closeSync(file);
  return null;
}

/**
 * Whether it has not changed since the recording began, or is the build that the kernel saw: only
 * then an inode number means the same file.
 */
export function isUnchanged(
  { changedMs, elf }: ModuleFile,
  startedAt: string,
  buildIds: ReadonlySet<string>,
): boolean {
  if (elf.buildId !== null && buildIds.has(elf.buildId)) return true;
  return changedMs < Date.parse(startedAt);
}

/** Where debuginfod's client keeps what it has fetched; /usr/lib/debug is searched by the tool itself. */
export function fetchedDebugFile(buildId: string): string {
  const { DEBUGINFOD_CACHE_PATH, XDG_CACHE_HOME } = process.env;
  const cache =
    DEBUGINFOD_CACHE_PATH ?? `${XDG_CACHE_HOME ?? `${homedir()}/.cache`}/debuginfod_client`;
  return `${cache}/${buildId}/debuginfo`;
}

function isElf(file: number): boolean {
  return readAt(file, 4, 0).toString("latin1") === "\u007fELF";
}
