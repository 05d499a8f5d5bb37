/** Identity: which process and line of one run is which of another, where pids, inodes and ports differ. */
import type { Bill, BillLine, BillTarget } from "../bill/shape.ts";
import type { DiffLine, DiffProcess } from "./shape.ts";

/** ip(7): the kernel's own range of ports for who asks for none. */
const FIRST_EPHEMERAL_PORT = 32_768;

/** The processes of a bill by id: by their names, and the how-many-eth of those with the same ones. */
export function identifyProcesses(bill: Bill): ReadonlyMap<number, DiffProcess> {
  const seen = new Map<string, number>();
  const byId = new Map<number, DiffProcess>();
  for (const { id, comm, exe } of bill.processes) {
    const program = exe === null ? null : exe.slice(exe.lastIndexOf("/") + 1);
    const key = JSON.stringify([comm, program]);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    byId.set(id, { comm, program, nth });
  }
  return byId;
}

export type LineIdentity = Pick<DiffLine, "process" | "syscall" | "target">;

/** What a line is about, without what the next run will call otherwise. */
export function identifyLine(
  line: BillLine,
  processes: ReadonlyMap<number, DiffProcess>,
  pids: ReadonlySet<string>,
): LineIdentity {
  const { id, comm, exe } = line.process;
  const unlisted = { comm, program: exe, nth: 1 };
  return {
    process: processes.get(id) ?? unlisted,
    syscall: line.syscall,
    target: {
      kind: line.target.kind,
      name: lastingName(line.target, pids),
      deleted: line.target.deleted,
    },
  };
}

/** Pids of the bill as they stand in paths. */
export function pidsOf(bill: Bill): ReadonlySet<string> {
  return new Set(bill.processes.map(({ pid }) => String(pid)));
}

/** The name with "*" for what the kernel numbers anew in each run. */
function lastingName({ kind, path }: BillTarget, pids: ReadonlySet<string>): string | null {
  if (path === null) return null;
  if (kind === "file" || kind === "directory") {
    return path.replace(/^\/proc\/(\d+)(?=\/|$)/, (all, pid: string) =>
      pids.has(pid) ? "/proc/*" : all,
    );
  }
  if (kind === "terminal") return path.replace(/^\/dev\/pts\/\d+$/, "/dev/pts/*");
  return path
    .replaceAll(/\[\d+\]/g, "[*]")
    .replaceAll(/:(\d{5})(?!\d)/g, (all, port: string) =>
      Number(port) >= FIRST_EPHEMERAL_PORT ? ":*" : all,
    );
}
