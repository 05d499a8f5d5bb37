/** An ELF file as far as frames need it: which build it is, and where its segments are loaded. */
import { GIVEN_FILE, runConfined } from "./confined-tool.ts";

export interface ElfFile {
  /** As the kernel gives it: 20 bytes in hexadecimal, shorter ones filled up; null without one. */
  readonly buildId: string | null;
  readonly segments: readonly Segment[];
  /** Whether it lacks the table of all its symbols, and only names what it exports. */
  readonly isStripped: boolean;
}

interface Segment {
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Linux takes as many bytes from a build id (include/linux/buildid.h: BUILD_ID_SIZE_MAX). */
const BUILD_ID_DIGITS = 40;
const SEGMENTS_MAX = 256;

/** Reads the file's headers with readelf; null when it is no sound ELF file or there is no readelf. */
export async function readElf(file: number, signal: AbortSignal): Promise<ElfFile | null> {
  const text = await runConfined(
    {
      tool: "readelf",
      arguments: ["--notes", "--segments", "--sections", "--wide", GIVEN_FILE],
      file,
      input: "",
    },
    signal,
  );
  return text === null ? null : parseReadelf(text);
}

/** From what `readelf -nlSW` prints. */
export function parseReadelf(text: string): ElfFile {
  const id = /\bBuild ID: ([0-9a-f]{2,128})$/m.exec(text)?.[1];
  const loads = text.matchAll(
    /^ {2}LOAD +0x([0-9a-f]{1,16}) 0x([0-9a-f]{1,16}) 0x[0-9a-f]+ 0x([0-9a-f]{1,16}) /gm,
  );
  const segments = [...loads].slice(0, SEGMENTS_MAX).map(([, offset, address, size]) => ({
    offset: hexadecimal(offset),
    address: hexadecimal(address),
    size: hexadecimal(size),
  }));
  const isStripped = !/^ *\[ *\d+\] \.symtab +SYMTAB /m.test(text);
  return {
    buildId: id?.slice(0, BUILD_ID_DIGITS).padEnd(BUILD_ID_DIGITS, "0") ?? null,
    segments,
    isStripped,
  };
}

/** Imprecise beyond 2^53, where no file offset lies. */
function hexadecimal(digits: string | undefined): number {
  return Number.parseInt(digits ?? "", 16);
}

/** The address that symbols of the file have for an offset in it; null outside all segments. */
export function addressOf({ segments }: ElfFile, offset: number): number | null {
  const own = segments.find(
    (segment) => offset >= segment.offset && offset < segment.offset + segment.size,
  );
  return own === undefined ? null : own.address + offset - own.offset;
}
