/** clock-calls: the time is read by system calls that the vDSO should spare. */
import { countOf, type Evidence, less, type Program, placeOf } from "./evidence.ts";
import type { Candidate, FindingRule } from "./finding.ts";

const CLOCKS = new Set(["clock_gettime", "gettimeofday", "time", "getcpu"]);
/** A vDSO call in null system calls: 25 to 30 ns where a null call took 160 to 230 ns. */
const VDSO = { low: 0.08, likely: 0.14, high: 0.3 };
/** Sources that the vDSO can read without entering the kernel. */
const READABLE = new Set(["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"]);

function look(evidence: Evidence): Candidate[] {
  return evidence.programs.flatMap((program) => candidate(evidence, program));
}

function candidate(evidence: Evidence, program: Program): Candidate[] {
  const lines = program.lines.filter(({ syscall }) => CLOCKS.has(syscall));
  const count = countOf(lines);
  if (count === 0) return [];
  const { prices, machine } = evidence.bill;
  const nullCall = prices.nullSyscallNs.likely * count;
  const after = {
    low: VDSO.low * nullCall,
    likely: VDSO.likely * nullCall,
    high: VDSO.high * nullCall,
  };
  const now = evidence.cpuCost(lines);
  const source = machine.clockSource;
  const isSlow = source !== null && !READABLE.has(source);
  return [
    {
      ...placeOf(program, lines),
      ...(isSlow
        ? { title: "the clock source makes every reading of the time a system call" }
        : {}),
      saving: less(now, after),
      boundNs: now.high,
      evidence: { calls: count, ...(source === null ? {} : { clockSource: source }) },
    },
  ];
}

export const clockCalls: FindingRule = {
  code: "clock-calls",
  title: "the time read by system calls instead of the vDSO",
  needs: "clock_gettime, gettimeofday, time or getcpu as real system calls.",
  gate: "None besides size: what the vDSO answers does not appear in a bill at all.",
  priced: "What the calls cost now, less what the vDSO takes: about a seventh of a crossing each.",
  fix: {
    c:
      "clock_gettime(3) of the C library, not syscall(2); static musl and old Go miss the vDSO.\n" +
      "clock source other than tsc: echo tsc > /sys/devices/system/clocksource/clocksource0/\n" +
      "current_clocksource when the kernel offers it",
    node:
      "performance.now() and Date.now() use the vDSO: see the machine's clock source,\n" +
      "or read the time once for a batch of events",
    python:
      "time.monotonic() and time.time() use the vDSO: see the machine's clock source,\n" +
      "or read the time once for a batch of events",
    go: "time.Now() uses the vDSO: see the machine's clock source, or keep one time for a batch",
  },
  beware:
    "Clocks of CPU time (CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID) always cross: read them " +
    "less often.",
  trial: null,
  look,
};
