/** Numbered names: reads a table of names in order, with a number where the sequence jumps. */

export function readNumberedNames(table: string): Map<number, string> {
  const names = new Map<number, string>();
  let next = 0;
  for (const token of table.split(/\s+/)) {
    if (token === "") continue;
    if (/^\d+$/.test(token)) {
      next = Number(token);
    } else {
      names.set(next, token);
      next += 1;
    }
  }
  return names;
}
