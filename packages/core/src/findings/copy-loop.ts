/** copy-loop: bytes read into the program only to be written out again. */
import { sum } from "../bill/sum.ts";
import type { Interval } from "../prices.ts";
import { addIntervals, scaleInterval } from "../statistics.ts";
import { type Copy, copiesOf } from "./copies.ts";
import { type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { BUFFER_BYTES, newPages } from "./pieces.ts";

/** Of what a message costs to go in and out of a pipe: pages handed on are not copied. */
const SPLICED: Interval = { low: 0.1, likely: 0.3, high: 0.6 };

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => {
    const copies = copiesOf(program);
    return copies.length === 0 ? [] : [candidate(evidence, program, copies)];
  });
}

function candidate(evidence: Evidence, program: Program, copies: readonly Copy[]): Candidate {
  const lines = copies.flatMap(({ from, to }) => [from, to]);
  const now = evidence.cpuCost(lines);
  const after = addIntervals(...copies.map((copy) => inKernel(evidence, copy)));
  const bytes = sum(copies, ({ to }) => to.bytes);
  const [first] = copies;
  return {
    ...placeOf(program, lines),
    saving: less(now, after),
    boundNs: now.high,
    evidence: {
      calls: sum(lines, ({ count }) => count),
      bytes,
      averageBytes: Math.round(
        bytes /
          Math.max(
            1,
            sum(copies, ({ to }) => to.count),
          ),
      ),
      from: first?.from.target.path ?? "",
      to: first?.to.target.path ?? "",
    },
  };
}

/** The same copy made by the kernel, ns. */
function inKernel(evidence: Evidence, { from, to }: Copy): Interval {
  const pieces = to.bytes / BUFFER_BYTES;
  const isInto = to.target.kind === "file" || to.target.kind === "block";
  // What comes through a pipe comes in the pieces that its writer made: one call for each, not two.
  const arriving = /pipe|fifo/.test(from.target.kind) ? Math.min(from.count, to.count) : 0;
  const calls = evidence.calls(arriving);
  if (isInto) {
    const known = evidence.price("copy-file-range-64KiB");
    const piece = known ?? scaleInterval(evidence.copying(BUFFER_BYTES, BUFFER_BYTES), 2);
    return addIntervals(calls, scaleInterval(piece, pieces), newPages(evidence, to.bytes));
  }
  const known = evidence.price("pipe-64KiB");
  const message = known ?? scaleInterval(evidence.copying(BUFFER_BYTES, BUFFER_BYTES), 4);
  return addIntervals(calls, scaleInterval(SPLICED, message.likely * pieces));
}

export const copyLoop: FindingRule = {
  code: "copy-loop",
  title: "a copy through the program",
  needs:
    "A process whose dearest read moves as many bytes as its dearest write, give or take a 64th, and " +
    "that spends less time in its own code than in these calls.",
  gate: "Not where it reads what it writes, nor towards devices and terminals.",
  priced:
    "What the reads and writes cost now, less copy_file_range (files) or splice (pipes, sockets) of " +
    "the same bytes.",
  fix: {
    c:
      "file to file: copy_file_range; file to socket or pipe: sendfile; from or to a pipe: splice;\n" +
      "else blocks of 128 KiB or more (dd bs=128K)",
    node: "fs.copyFileSync(from, to); to a socket: stream.pipeline, highWaterMark 1 MiB",
    python: "os.copy_file_range, os.sendfile, os.splice; shutil.copyfile does it by itself",
    go: "io.Copy(to, from) between *os.File and *net.TCPConn does it; no bufio and no wrapper between",
  },
  beware:
    "Only where the bytes go out as they came in. copy_file_range fails with EXDEV or EINVAL between some " +
    "file systems and may share blocks (reflink): keep the loop for those.",
  trial: "replay",
  look,
};
