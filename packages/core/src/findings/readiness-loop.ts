/** readiness-loop: an event loop asks what is ready, and gets one answer a call though more was ready. */
import { sum } from "../bill/sum.ts";
import { scaleInterval } from "../statistics.ts";
import { countOf, type Evidence, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";
import { sleepsOf } from "./handover.ts";
import { isMessage, isReceive } from "./messages.ts";

const POLLS = new Set("poll ppoll select pselect6 epoll_wait epoll_pwait epoll_pwait2".split(" "));
/** Taken at a time already: more is no single event a wake-up. */
const SINGLE = 2;
/** Descriptors that one call may bring. */
const TAKEN = 64;

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(({ syscall, count }) => POLLS.has(syscall) && count > 0);
  const asking = new Set(lines.map(({ process }) => process.id));
  const served = countOf(
    program.lines.filter(
      (line) => asking.has(line.process.id) && isMessage(line) && isReceive(line),
    ),
  );
  const calls = countOf(lines) - sum(lines, ({ empty }) => empty ?? 0);
  if (calls <= 0 || served / calls >= SINGLE || served < calls / SINGLE) return [];
  // Woken from sleep it had to be; the other calls found ready what the one before could have brought.
  const needed = Math.max(Math.min(calls, sleepsOf(program, lines)), calls / TAKEN);
  const spared = calls - needed;
  const now = evidence.cpuCost(lines);
  const each = evidence.price("epoll-wait");
  const share = scaleInterval(now, spared / countOf(lines));
  const awake = each === null ? scaleInterval(share, 0.5) : scaleInterval(each, spared);
  return [
    {
      ...placeOf(program, lines),
      saving: {
        low: Math.min(share.low, awake.low),
        likely: share.likely,
        high: Math.max(share.high, awake.high),
      },
      boundNs: Math.max(now.high, awake.high),
      evidence: { calls, served, sleeps: Math.round(needed) },
    },
  ];
}

export const readinessLoop: FindingRule = {
  code: "readiness-loop",
  title: "one ready descriptor a wake-up",
  needs:
    "About as many calls of epoll_wait, poll or select as reads of sockets in the same process.",
  gate: "Not where each call has to sleep: then nothing else was ready.",
  priced: "What the calls cost now that did not sleep: one that did could have brought theirs.",
  fix: {
    c:
      "epoll_wait(fd, ready, 64, timeout) and serve all of them, each until EAGAIN;\n" +
      "or io_uring with multishot receives: no call for readiness at all",
    node: "nothing to set: libuv takes up to 1,024 at a time; fewer sockets with more on each",
    python: "selector.select() returns a list: serve all of it; uvloop for asyncio",
    go: "the runtime polls for you: fewer connections with more on each, or batches",
  },
  beware: "A descriptor closed while serving one event may still be in the list of the others.",
  trial: null,
  look,
};
