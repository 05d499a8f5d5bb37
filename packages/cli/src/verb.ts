/** The shape every command has; the parser, the man page and the completions are made from it. */
import type { OptionValues } from "commander";
import type { AnyFlag } from "./flags.ts";

export interface Example {
  readonly command: string;
  readonly meaning: string;
}

/** How a command ended: its exit status, or the signal its program died of. */
export type Ending =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "signal"; readonly signal: string };

export interface Verb {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** Paragraphs for the help and the man page. */
  readonly description: string;
  /** As commander writes it, such as "[command...]"; null when there is none. */
  readonly operand: {
    readonly syntax: string;
    readonly description: string;
    readonly completion: "command" | "file" | readonly string[];
  } | null;
  readonly flags: readonly AnyFlag[];
  readonly examples: readonly [Example, ...Example[]];
  act(operands: readonly string[], values: OptionValues): Promise<Ending>;
}

export const done: Ending = { kind: "status", status: 0 };
