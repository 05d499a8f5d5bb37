/** scattered-reads: pieces read at places all over a file, one call and perhaps one disk access each. */
import type { BillLine } from "../bill/shape.ts";
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { bytesOf, countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { isScattered } from "./streams.ts";
import { isWhole } from "./whole-reads.ts";

const READS = new Set(["pread64", "preadv", "preadv2"]);
const PAGE_BYTES = 4096;
/** Pages that the kernel maps around one fault (mm/memory.c: fault_around_bytes, 64 KiB). */
const PAGES_A_FAULT = 16;
/** In crossings: a place in a mapping that no cache knows, less what the call's wrapper took. */
const MISS: Interval = { low: -0.2, likely: -0.05, high: 0.4 };
/** Mapping a page's neighbours makes a fault dearer than the calibrated one: so many times. */
const FAULT: Interval = { low: 0.5, likely: 1.5, high: 6 };
/** Of the waiting for a disk, what many requests at a time spare: little on a rotating one. */
const QUEUED: Interval = { low: 0.2, likely: 0.6, high: 0.9 };
/** Of the calls' CPU time, what handing many over at a time spares while a disk is waited for. */
const BATCHED: Interval = { low: -0.2, likely: 0.1, high: 0.4 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const lines = program.lines.filter(
      (line) =>
        READS.has(line.syscall) &&
        isScattered(line) &&
        line.count > 0 &&
        line.bytes > 0 &&
        !isWhole(line),
    );
    return lines.length === 0 ? [] : [candidate(evidence, program, lines)];
  });
}

function candidate(evidence: Evidence, program: Program, lines: readonly BillLine[]): Candidate {
  const now = evidence.cpuCost(lines);
  const disk = sum(lines, ({ waits }) => waits.disk ?? 0);
  const isCold = disk > now.likely;
  const calls = countOf(lines);
  const bytes = bytesOf(lines);
  return {
    ...placeOf(program, lines),
    ...(isCold ? { title: "scattered reads, one at a time, from a disk" } : {}),
    saving: isCold ? scaleInterval(BATCHED, now.likely) : less(now, gathering(evidence, lines)),
    ...(isCold ? { waitSaving: scaleInterval(QUEUED, disk) } : {}),
    boundNs: now.high + disk,
    evidence: { calls, bytes, averageBytes: Math.round(bytes / calls), diskNs: disk },
  };
}

/** The same pieces taken from a mapping, which is made page by page where it is touched. */
function gathering(evidence: Evidence, lines: readonly BillLine[]): Interval {
  const { nullSyscallNs, fileFaultNs } = evidence.bill.prices;
  const faults = sum(lines, ({ target, count, bytes }) => {
    const touched = Math.max(count, bytes / PAGE_BYTES);
    const pages = (target.sizeBytes || Number.POSITIVE_INFINITY) / PAGE_BYTES;
    return Math.min(touched, Math.max(1, pages / PAGES_A_FAULT));
  });
  return addIntervals(
    evidence.copying(bytesOf(lines), Number.POSITIVE_INFINITY),
    scaleInterval(MISS, nullSyscallNs.likely * countOf(lines)),
    scaleInterval(FAULT, fileFaultNs.likely * faults),
  );
}

export const scatteredReads: FindingRule = {
  code: "scattered-reads",
  title: "scattered reads, a call for each",
  needs: "Many pread calls on a file, of which few begin where the one before ended.",
  gate: "Not where each reads the whole file, nor by read after lseek, which is another finding.",
  priced:
    "Warm: what the calls cost now, less copies from a mapping and its page faults. Cold: a share of " +
    "the waiting for the disk, which many requests at a time spare.",
  fix: {
    c:
      "warm: p = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0), then memcpy from p + offset;\n" +
      "cold: 64 reads or more in flight (io_uring), or posix_fadvise(WILLNEED) well ahead of pread",
    node: "sort the places and read what lies together by one fs.readSync; cold: 64 fs.read in flight",
    python: "m = mmap.mmap(fd, 0, prot=mmap.PROT_READ), then m[offset:offset + n]",
    go:
      "data, err := syscall.Mmap(fd, 0, size, syscall.PROT_READ, syscall.MAP_SHARED);\n" +
      "cold: ReadAt from 64 goroutines",
  },
  beware:
    "A mapped file that is cut shorter or fails to be read ends the process by SIGBUS, and its pages " +
    "count as the process's memory.",
  trial: "replay",
  look,
};
