/** Nearest name: what somebody probably meant who wrote a name that does not exist. */

/** More than half of the letters wrong is another word, not a slip. */
const WRONG_SHARE = 0.5;

/** The candidate with the fewest edits, the shorter one on a tie; null when none is close. */
export function nearestName(written: string, candidates: Iterable<string>): string | null {
  let nearest: string | null = null;
  let fewest = Math.max(1, Math.floor(written.length * WRONG_SHARE)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(written, candidate);
    const better = edits < fewest;
    const shorter = edits === fewest && nearest !== null && candidate.length < nearest.length;
    if (better || shorter) [nearest, fewest] = [candidate, edits];
  }
  return nearest;
}

/** Damerau-Levenshtein distance with adjacent transpositions ("raed" is one edit from "read"). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1];
      let edits = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) edits = Math.min(edits, (beforeLast[column - 2] ?? edits) + 1);
      current.push(edits);
    }
    [beforeLast, last] = [last, current];
  }
  return last[to.length] ?? from.length;
}
