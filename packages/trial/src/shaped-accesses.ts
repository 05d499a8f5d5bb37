/**
 * shaped-accesses: calls like those of a bill's lines, where their order was not recorded: as many, as
 * large, and as often one behind the other.
 */
import { type BillLine, randomNumbers } from "@crossbill/core";
import {
  isRead,
  isSync,
  isWrite,
  type Operation,
  operationOf,
  type PlannedAccess,
} from "./planned-access.ts";

/** Any: the same bill gives the same calls. */
const SEED = 20_231;

/** Calls of a line that did not fail. */
export function succeeded({ count, errors }: BillLine): number {
  return Math.max(0, count - Object.values(errors).reduce((all, failed) => all + failed, 0));
}

/**
 * At most `most` calls in the proportions of the lines, evenly mixed: each call of a rarer line comes
 * when as large a share of its line is due as of the others. Reads stay within `fileBytes`.
 */
export function shapedAccesses(
  lines: readonly BillLine[],
  fileBytes: number,
  most: number,
): PlannedAccess[] {
  const shapes = shapesOf(lines);
  const total = shapes.reduce((all, { count }) => all + count, 0);
  const due = shapes.map(() => 0);
  const walk = new Walk(fileBytes);
  const accesses: PlannedAccess[] = [];
  for (let at = 0; at < Math.min(most, total); at += 1) {
    for (const [index, { count }] of shapes.entries())
      due[index] = (due[index] ?? 0) + count / total;
    const next = due.indexOf(Math.max(...due));
    due[next] = (due[next] ?? 0) - 1;
    const shape = shapes[next];
    if (shape !== undefined) accesses.push(walk.step(shape));
  }
  return accesses;
}

interface Shape {
  readonly operation: Operation;
  readonly count: number;
  readonly asked: number;
  readonly sequential: number;
}

/** One for each operation, however many lines there are. */
function shapesOf(lines: readonly BillLine[]): Shape[] {
  const kinds = [...new Set(lines.flatMap(({ syscall }) => operationOf(syscall) ?? []))];
  return kinds.flatMap((operation) => {
    const own = lines.filter(({ syscall }) => operationOf(syscall) === operation);
    const count = own.reduce((all, line) => all + succeeded(line), 0);
    if (count === 0) return [];
    const bytes = own.reduce(
      (all, line) => all + (isWrite(operation) ? line.bytes : line.requestedBytes),
      0,
    );
    const inOrder = own.reduce((all, line) => all + (line.sequential ?? 1) * succeeded(line), 0);
    const asked = Math.max(1, Math.round(bytes / count));
    return [{ operation, count, asked, sequential: inOrder / count }];
  });
}

/** Where the next call goes. */
class Walk {
  readonly #random = randomNumbers(SEED);
  readonly #fileBytes: number;
  #position = 0;
  /** A seek has just said where the next read is. */
  #sought = false;

  constructor(fileBytes: number) {
    this.#fileBytes = fileBytes;
  }

  step({ operation, asked, sequential }: Shape): PlannedAccess {
    if (isSync(operation)) return { operation, offset: 0, asked: 0, moved: 0 };
    if (operation === "seek") {
      this.#position = this.#anywhere(0);
      this.#sought = true;
      return { operation, offset: this.#position, asked: 0, moved: 0 };
    }
    if (isRead(operation)) return this.#read(operation, asked, sequential);
    const offset = this.#position;
    this.#position += asked;
    return { operation, offset, asked, moved: asked };
  }

  #read(operation: Operation, asked: number, sequential: number): PlannedAccess {
    const jumps = !this.#sought && this.#random() >= sequential;
    const atEnd = !this.#sought && this.#position >= this.#fileBytes;
    this.#sought = false;
    // Only a call that names its place can go elsewhere without a seek.
    const named = operation === "pread" || jumps || atEnd;
    const offset = jumps ? this.#anywhere(asked) : atEnd ? 0 : this.#position;
    const moved = Math.max(0, Math.min(asked, this.#fileBytes - offset));
    this.#position = offset + moved;
    return { operation: named ? "pread" : "read", offset, asked, moved };
  }

  #anywhere(asked: number): number {
    return Math.floor(this.#random() * Math.max(1, this.#fileBytes - asked));
  }
}
