/** Source lines: functions, files and lines of addresses in an ELF file, as addr2line finds them. */
import { SYMBOL_CHARACTERS_MAX } from "@crossbill/core";
import { GIVEN_FILE, runConfined } from "./confined-tool.ts";

/** One function at an address. */
export interface SourceLine {
  readonly function: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

/**
 * What lies at each address; addresses that the tool cannot tell are missing. It finds separate
 * files of debugging information by itself (/usr/lib/debug, .gnu_debuglink).
 */
export async function sourceLines(
  file: number,
  addresses: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, SourceLine>> {
  const text = await runConfined(
    {
      tool: "addr2line",
      arguments: ["--addresses", "--functions", "--demangle", "--inlines", "--exe", GIVEN_FILE],
      file,
      input: addresses.map((address) => `0x${address.toString(16)}\n`).join(""),
    },
    signal,
  );
  return text === null ? new Map() : parseAddr2line(text);
}

/** From what `addr2line -afCi` prints: an address, then a function and a place for each inlining. */
export function parseAddr2line(text: string): Map<number, SourceLine> {
  const found = new Map<number, SourceLine>();
  let address = Number.NaN;
  let chain: SourceLine[] = [];
  const keep = () => {
    const own = ownFunction(chain);
    if (own !== null) found.set(address, own);
    chain = [];
  };
  let name: string | null = null;
  for (const line of text.split("\n")) {
    const begins = /^0x([0-9a-f]{1,16})$/.exec(line)?.[1];
    if (begins !== undefined && name === null) {
      keep();
      address = Number.parseInt(begins, 16);
    } else if (name === null) {
      name = line;
    } else {
      chain.push({ function: known(name), ...placeOf(line) });
      name = null;
    }
  }
  keep();
  return found;
}

/** Innermost first, a header of the C library may have brought the call: its user is meant. */
function ownFunction(chain: readonly SourceLine[]): SourceLine | null {
  const own = chain.find(({ file }) => file?.startsWith("/usr/include/") !== true) ?? chain.at(-1);
  return own === undefined || (own.function === null && own.file === null) ? null : own;
}

function placeOf(text: string): Pick<SourceLine, "file" | "line"> {
  const [, file = "??", digits = ""] =
    /^(.*):(\d{1,9}|\?)(?: \(discriminator \d+\))?$/.exec(text) ?? [];
  const line = /^\d+$/.test(digits) ? Number(digits) : 0;
  // A file without a line is what the symbol table names, often of another part of the program.
  return line === 0 ? { file: null, line: null } : { file: known(file), line };
}

function known(name: string): string | null {
  return name === "" || name.startsWith("??") ? null : name.slice(0, SYMBOL_CHARACTERS_MAX);
}
