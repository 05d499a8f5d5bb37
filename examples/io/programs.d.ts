/** A job done by two programs. */
export interface Pair {
  readonly name: string;
  /** How much there is to do, for the bills and for a test. */
  readonly counts: { readonly bills: number; readonly test: number };
}

export const pairs: readonly Pair[];

/** Makes what a pair works on in `folder`; gives the commands of both versions. */
export function preparePair(
  pair: Pair,
  folder: string,
  count: number,
): { readonly plain: readonly string[]; readonly library: readonly string[] };
