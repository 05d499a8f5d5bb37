/** Names of the findings that have a pair. */
export function goldenCodes(): string[];

export interface GoldenPair {
  readonly code: string;
  readonly wasteful: readonly string[];
  readonly fixed: readonly string[];
}

/** The two commands of a finding's pair, compiled into the folder `build` where that is needed. */
export function goldenPair(code: string, build: string): GoldenPair;
