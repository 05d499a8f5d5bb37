/** Process names: which process of the bill a line is of. */
import type { Bill, BillLine } from "./bill/shape.ts";
import { printable } from "./printable.ts";

/** Names a process of the bill in raw words, or in safe ones of which comm takes at most a width. */
export type ProcessNames = (process: BillLine["process"], commWidth?: number) => string;

/** "dd 23951", or "true x9,874" for so many processes of which none has a line of its own. */
export function processNames({ processes }: Pick<Bill, "processes">): ProcessNames {
  const instances = new Map(processes.map((process) => [process.id, process.instances]));
  return ({ id, comm, pid }, commWidth) => {
    const name = commWidth === undefined ? comm : printable(comm, { maxWidth: commWidth });
    const many = instances.get(id) ?? 1;
    return `${name} ${many > 1 ? `x${many.toLocaleString("en-US")}` : pid}`;
  };
}
