/** subject: the lines of a finding that a replay can be about: one process, one file, and for a copy two. */
import type { Bill, BillLine, Finding } from "@crossbill/core";
import { isRead, isSync, isWrite, type Operation, operationOf } from "./planned-access.ts";
import type { Way } from "./ways.ts";

export interface Subject {
  readonly process: number;
  /** What is read; for a way that only writes, what was written. */
  readonly path: string;
  /** What was written: scratch files go to its file system; null: nothing is. */
  readonly writtenPath: string | null;
  /** Size of the file at `path` when its name was learnt; null: not known. */
  readonly sizeBytes: number | null;
  /** The process's calls on these files that the way is about: what is replayed. */
  readonly lines: readonly BillLine[];
  /** Of what the finding's calls cost, the share of those on these files. */
  readonly coveredShare: number;
}

/** The process and file that cost most; a sentence why there is none. */
export function subjectOf(bill: Bill, finding: Finding, way: Way): Subject | string {
  const own = new Set(finding.processes);
  const calls = new Set(finding.syscalls);
  const concerned = bill.lines.filter(
    ({ process, syscall }) => own.has(process.id) && calls.has(syscall),
  );
  const files = concerned.filter(isReplayable);
  const main = dearestFile(files, way.kind === "writes" ? isWriteOrSync : isRead);
  if (main === null) {
    return "its calls are not on regular files whose names are known, and only those are replayed";
  }
  const source = fileLines(bill, main, way.kind);
  if (way.kind !== "copy") {
    return {
      ...main,
      writtenPath: way.kind === "writes" ? main.path : null,
      sizeBytes: source[0]?.target.sizeBytes ?? null,
      lines: source,
      coveredShare: costOf(files.filter((line) => isOf(line, main))) / atLeastOne(concerned),
    };
  }
  const written = dearestFile(
    files.filter((line) => line.process.id === main.process && !isOf(line, main)),
    isWriteOrSync,
  );
  if (written === null)
    return "what it copies does not go to a regular file, and only that is tried";
  const lines = [...source, ...fileLines(bill, written, "writes")];
  return {
    ...main,
    writtenPath: written.path,
    sizeBytes: source[0]?.target.sizeBytes ?? null,
    lines,
    coveredShare:
      costOf(files.filter((line) => isOf(line, main) || isOf(line, written))) /
      atLeastOne(concerned),
  };
}

/** Boundary, kernel work and waiting, ns. */
export function costOf(lines: readonly BillLine[]): number {
  return lines.reduce((all, line) => all + line.boundaryNs + line.kernelNs + line.waitNs, 0);
}

/** Whether a way of that kind makes such calls; a copy is planned by its reads. */
export function fitsKind(syscall: string, kind: Way["kind"]): boolean {
  const operation = operationOf(syscall);
  if (operation === null) return false;
  if (kind === "copy") return isRead(operation);
  return kind === "reads" ? !isWriteOrSync(operation) : !isRead(operation);
}

interface ProcessFile {
  readonly process: number;
  readonly path: string;
}

function isWriteOrSync(operation: Operation): boolean {
  return isWrite(operation) || isSync(operation);
}

function isReplayable({ target, syscall }: BillLine): boolean {
  const { kind, path, truncated } = target;
  if (kind !== "file" || truncated || path === null) return false;
  return path.startsWith("/") && !path.includes("\0") && operationOf(syscall) !== null;
}

function isOf({ process, target }: BillLine, file: ProcessFile): boolean {
  return process.id === file.process && target.kind === "file" && target.path === file.path;
}

/** All calls on the file that the kind of way is about, whether the finding names them or not. */
function fileLines(bill: Bill, file: ProcessFile, kind: Way["kind"]): BillLine[] {
  return bill.lines.filter((line) => isOf(line, file) && fitsKind(line.syscall, kind));
}

function dearestFile(
  lines: readonly BillLine[],
  moves: (operation: Operation) => boolean,
): ProcessFile | null {
  const costs = new Map<string, { file: ProcessFile; ns: number }>();
  for (const line of lines) {
    const operation = operationOf(line.syscall);
    const { path } = line.target;
    if (operation === null || !moves(operation) || path === null) continue;
    const file = { process: line.process.id, path };
    const known = costs.get(`${file.process} ${path}`) ?? { file, ns: 0 };
    costs.set(`${file.process} ${path}`, { file, ns: known.ns + costOf([line]) });
  }
  const [dearest] = [...costs.values()].toSorted((a, b) => b.ns - a.ns);
  return dearest?.file ?? null;
}

function atLeastOne(lines: readonly BillLine[]): number {
  return Math.max(1, costOf(lines));
}
