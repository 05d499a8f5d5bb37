/** Dynamic functions: what a stripped ELF file still says of where its functions begin and end. */
import { GIVEN_FILE, runConfined } from "./confined-tool.ts";

interface Extent {
  readonly start: number;
  readonly end: number;
}

/**
 * Those of the addresses that lie in a function which the file exports. A stripped file names no
 * others, and addr2line takes the nearest name before an address, whosever it is.
 */
export async function inDynamicFunctions(
  file: number,
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const text = await runConfined(
    { tool: "readelf", arguments: ["--dyn-syms", "--wide", GIVEN_FILE], file, input: "" },
    signal,
  );
  const extents = text === null ? [] : parseExtents(text);
  return new Set(
    addresses.filter((address) => {
      const nearest = extents.findLast(({ start }) => start <= address);
      return nearest !== undefined && address < nearest.end;
    }),
  );
}

/** From what `readelf --dyn-syms -W` prints, by start. */
export function parseExtents(text: string): Extent[] {
  const lines = text.matchAll(/^ *\d+: ([0-9a-f]{8,16}) +(0x[0-9a-f]+|\d+) I?FUNC /gm);
  const extents = [...lines].map(([, start = "", size = ""]) => {
    const begin = Number.parseInt(start, 16);
    return { start: begin, end: begin + Number(size) };
  });
  // Of those that begin together the longest comes last, where it is found.
  return extents.toSorted((a, b) => a.start - b.start || a.end - b.end);
}
