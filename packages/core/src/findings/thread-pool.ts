/** Thread pool: how often a program of Node (libuv) handed work to its pool and took it back. */
import type { BillLine } from "../bill/shape.ts";
import { countOf, type Program } from "./evidence.ts";

const NODE = /^(node|nodejs|electron|deno|bun)$/;
const POLLS = new Set(["epoll_wait", "epoll_pwait", "epoll_pwait2"]);

export function isNode({ processes }: Program): boolean {
  const [first] = processes;
  if (first === undefined) return false;
  return NODE.test(first.exe?.split("/").at(-1) ?? first.comm);
}

/** The calls by which work goes to the pool and the loop is told that it is done. */
export function hopLines({ lines }: Program): BillLine[] {
  return lines.filter(
    ({ syscall, target }) =>
      syscall === "futex" ||
      POLLS.has(syscall) ||
      (target.kind === "eventfd" && syscall !== "close"),
  );
}

/** Each piece of work that is done writes to the loop's eventfd; 0 unless it is Node. */
export function hopsOf(program: Program): number {
  if (!isNode(program)) return 0;
  return countOf(
    program.lines.filter(({ syscall, target }) => syscall === "write" && target.kind === "eventfd"),
  );
}
