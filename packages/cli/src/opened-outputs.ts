/** Opened outputs: the files of one command, all of them opened before anything is done, or none. */
import { UsageError } from "@crossbill/core";
import { type OutputFile, openOutput } from "./output-file.ts";

export interface OpenedOutputs<Name extends string> {
  /** Whether standard output is one of them, so that nothing else may be written there. */
  readonly takesStandardOutput: boolean;
  /** null: it was not asked for. */
  file(name: Name): OutputFile | null;
  /** From here on each one looks after itself. */
  release(): void;
  /** Leaves everything as it was. */
  discard(): void;
}

/** Opens them all, or none. @throws UsageError when one cannot be written or two are the same. */
export function openOutputs<Name extends string>(
  names: Readonly<Record<Name, string | null>>,
): OpenedOutputs<Name> {
  const given = Object.entries<string | null>(names).flatMap(([what, name]) =>
    name === null ? [] : [{ what, name }],
  );
  if (new Set(given.map(({ name }) => name)).size < given.length) {
    throw new UsageError("two outputs have the same name", { remedy: "give each its own file" });
  }
  const files = new Map<string, OutputFile>();
  let isReleased = false;
  const discard = () => {
    if (!isReleased) for (const file of files.values()) file.discard();
    isReleased = true;
  };
  try {
    for (const { what, name } of given) files.set(what, openOutput(name));
  } catch (error) {
    discard();
    throw error;
  }
  return {
    takesStandardOutput: [...files.values()].some(({ descriptor }) => descriptor === 1),
    file: (name) => files.get(name) ?? null,
    release() {
      isReleased = true;
    },
    discard,
  };
}

/** What was done is not done again for us: one full disk must not lose it all. */
export function attemptEach(steps: readonly (() => void)[]): void {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
