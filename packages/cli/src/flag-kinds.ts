/** Flag kinds: flags with a value, toggles and choices, and what the parser needs to know of each. */
import { Option, type OptionValues } from "commander";

/** How a shell completes a flag's value. */
export type Completion = "file" | "none" | readonly string[];

/** A flag with the type of its value. `read` throws UsageError for a value that makes no sense. */
export interface Flag<T> {
  readonly option: Option;
  readonly completion: Completion;
  read(values: OptionValues): T;
}

/** Flags are told apart in help by their definition; this is what a command lists. */
export type AnyFlag = Pick<Flag<unknown>, "option" | "completion">;

interface TextFlag<T> {
  readonly flags: string;
  readonly description: string;
  readonly completion: Completion;
  readonly parse: (value: string) => T;
  /** Whether a second one adds to the first, with a comma, instead of taking its place. */
  readonly repeats?: boolean;
}

/** A flag with a value, null when it was not given. */
export function text<T>({
  flags,
  description,
  completion,
  parse,
  repeats = false,
}: TextFlag<T>): Flag<T | null> {
  const option = new Option(flags, description);
  if (repeats) {
    option.argParser((value: string, before: string | undefined) =>
      before === undefined ? value : `${before},${value}`,
    );
  }
  return {
    option,
    completion,
    read(values) {
      const value: unknown = values[option.attributeName()];
      return typeof value === "string" ? parse(value) : null;
    },
  };
}

/** A flag with a value that may be given again; empty when it was not given. */
export function list({
  flags,
  description,
  completion,
}: Omit<TextFlag<string>, "parse">): Flag<readonly string[]> {
  const option = new Option(flags, description).argParser(
    (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
  );
  return {
    option,
    completion,
    read(values) {
      const given: unknown = values[option.attributeName()];
      return Array.isArray(given) ? given.map(String) : [];
    },
  };
}

export function toggle(flags: string, description: string): Flag<boolean> {
  const option = new Option(flags, description);
  return {
    option,
    completion: "none",
    read: (values) => values[option.attributeName()] === true,
  };
}

interface ChoiceFlag<T extends string> {
  readonly flags: string;
  readonly description: string;
  readonly choices: readonly T[];
}

export function choice<T extends string>({
  flags,
  description,
  choices,
}: ChoiceFlag<T>): Flag<T | null> {
  const option = new Option(flags, description).choices(choices);
  return {
    option,
    completion: choices,
    // Commander has refused everything else by now.
    read: (values) => choices.find((name) => name === values[option.attributeName()]) ?? null,
  };
}
