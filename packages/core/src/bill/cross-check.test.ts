/** Cross-check: what a bill says about itself when its sources disagree. */
import { expect, test } from "vitest";
import { makeBill } from "../bill.ts";
import { line, machine, prices, process, recording } from "../fixtures/recordings.ts";
import { describeWarning } from "./warnings.ts";

const ms = 1e6;
const codes = (bill: ReturnType<typeof makeBill>) => bill.warnings.map(({ code }) => code);

test("the kernel's own accounting is compared, both figures are given", () => {
  const rusage = {
    userNs: 400 * ms,
    systemNs: 400 * ms,
    minorFaults: 1_000,
    majorFaults: 0,
    voluntarySwitches: 10,
    involuntarySwitches: 0,
  };
  const own = process({
    wallNs: 1_000 * ms,
    onCpuNs: 1_000 * ms,
    minorFaults: 500,
    samples: { user: 1_000, syscall: 0, fault: 0 },
  });
  const bill = makeBill(recording({ processes: [own], rusage }), prices());
  expect(bill.warnings).toEqual([
    { code: "rusage-disagrees", what: "cpuNs", recorded: 1_000 * ms, rusage: 800 * ms },
    { code: "rusage-disagrees", what: "minorFaults", recorded: 500, rusage: 1_000 },
  ]);
  expect(bill.warnings.map(describeWarning)).toEqual([
    "the kernel accounts 800.0 ms of CPU time, the recording 1000.0 ms",
    "the kernel accounts 1000 minor faults, the recording 500",
  ]);
});

test("prices that were measured on a busy machine are used, and said to be doubtful", () => {
  const bill = makeBill(recording(), { ...prices(), disturbedBy: ["busy", "wide"] });
  expect(bill.warnings[0]).toEqual({ code: "prices-disturbed", by: ["busy", "wide"] });
  expect(bill.warnings.map(describeWarning)[0]).toBe(
    "the prices may be too high: while they were measured the machine was busy, " +
      "repetitions disagreed; crossbill calibrate renews them",
  );
  expect(codes(makeBill(recording(), prices()))).not.toContain("prices-disturbed");
});

test("an audit that does not close, other prices and a missing recorder price are said", () => {
  const base = recording({ lines: [line({ count: 5 })], machine: { ...machine, key: "other" } });
  const audit = { ...base.audit, left: 9, entered: 9, lost: 1, unnamed: 2, stillRunning: 3 };
  const unpriced = { ebpfSampled: null, ebpfExact: null, ptrace: null };
  const bill = makeBill({ ...base, audit }, { ...prices(), recorders: unpriced });
  expect(codes(bill)).toEqual([
    "audit",
    "lost",
    "unnamed",
    "still-running",
    "other-machine",
    "recorder-unpriced",
    "few-samples",
  ]);
  for (const warning of bill.warnings) expect(describeWarning(warning)).toMatch(/^[ -~±]+$/);
});

test("enough samples give a split without a warning, few say which flag helps", () => {
  const sampled = (scale: number) =>
    makeBill(
      recording({
        processes: [
          process({
            wallNs: 1_000 * ms,
            onCpuNs: 1_000 * ms,
            samples: { user: 10 * scale, syscall: 10 * scale, fault: 0 },
          }),
        ],
        lines: [line({ count: 100, samples: 10 * scale })],
      }),
      prices(),
    );
  expect(codes(sampled(100))).toEqual([]);
  const few = sampled(1).warnings;
  expect(few).toMatchObject([{ code: "few-samples", samples: 20 }]);
  expect(few.map(describeWarning)).toEqual([
    "20 samples allow only a ±40 % split of kernel and user time; --exact-time times every call",
  ]);
  expect(sampled(1).intervals.kernelNs.low).toBeLessThan(400 * ms);
});

test("threads that were not seen and 32-bit programs are warned of", () => {
  const recorded = recording({ processes: [process({ compat: true }), process({ id: 1 })] });
  const audit = { ...recorded.audit, threadsLost: 7, switchesUnseen: 2 };
  const { warnings } = makeBill({ ...recorded, audit }, prices());
  expect(warnings).toContainEqual({ code: "threads-lost", count: 7 });
  expect(warnings).toContainEqual({ code: "compat", count: 1 });
});

test("that ptrace sees no operation of io_uring is said where a ring was used", () => {
  const setup = line({ syscall: "io_uring_setup", count: 1, kind: "none" });
  const enter = line({ syscall: "io_uring_enter", count: 23, kind: "io_uring" });
  const ptrace = { recorder: "ptrace", timing: "exact", samplePeriodNs: null } as const;
  const bill = makeBill(recording({ ...ptrace, lines: [setup, enter] }), prices());
  expect(bill.warnings).toContainEqual({ code: "uring-unseen", count: 24 });
  expect(bill.warnings.map(describeWarning).join("\n")).toContain("calls to it, 24 here");
  const refused = { ...setup, error: "EPERM" };
  for (const other of [
    recording({ ...ptrace, lines: [refused] }),
    recording({ lines: [setup, enter] }),
  ]) {
    expect(codes(makeBill(other, prices()))).not.toContain("uring-unseen");
  }
});
