/** The bill of known recordings: each way of splitting time, worked out by hand. */
import { expect, test } from "vitest";
import { describeWarning } from "./bill/warnings.ts";
import { makeBill } from "./bill.ts";
import { exactly, line, prices, process, recording } from "./fixtures/recordings.ts";

const ms = 1e6;
const codes = (bill: ReturnType<typeof makeBill>) => bill.warnings.map(({ code }) => code);
const parts = (bill: ReturnType<typeof makeBill>) => {
  const { userNs, boundaryNs, kernelNs, faultNs, residualNs, wallNs } = bill.time;
  return { userNs, boundaryNs, kernelNs, faultNs, residualNs, wallNs };
};

test("timed calls: the window floor is no work, and what lies outside the hooks is not user time", () => {
  const bill = makeBill(
    recording({
      timing: "exact",
      samplePeriodNs: null,
      processes: [process({ wallNs: 1_000 * ms, onCpuNs: 1_000 * ms, minorFaults: 1_000 })],
      lines: [
        line({
          syscall: "getpid",
          kind: "none",
          count: 1_000_000,
          onCpuNs: 150 * ms,
          latency: [{ atMost: 256, count: 1_000_000 }],
        }),
      ],
    }),
    prices({ nullSyscallNs: 120, overheadNs: 200, windowFloorNs: 100, faultNs: 1_000 }),
  );
  expect(parts(bill)).toEqual({
    wallNs: 800 * ms,
    userNs: 629 * ms, // 1000 - 150 between hooks - 220 of 320 outside them - 1 in faults.
    boundaryNs: 120 * ms,
    kernelNs: 50 * ms,
    faultNs: 1 * ms,
    residualNs: 0,
  });
  expect(bill.faults.basis).toBe("priced");
  expect(bill.lines[0]?.latency).toMatchObject({ max: 276 }); // 256 - floor + boundary.
  expect(bill.warnings).toEqual([]);
});

test("timed calls: the quantiles of one call are its time, those of more are within their sum", () => {
  const timed = (count: number, latency: { atMost: number; count: number }[]) =>
    makeBill(
      recording({
        timing: "exact",
        samplePeriodNs: null,
        processes: [process({ wallNs: 4_000 * ms, onCpuNs: count * 60_000 })],
        lines: [
          line({
            syscall: "clock_nanosleep",
            kind: "none",
            count,
            onCpuNs: count * 60_000,
            wait: { ioNs: 0, otherNs: count * 10 * ms },
            latency,
          }),
        ],
      }),
      prices(),
    ).lines[0]?.latency;
  const once = { p50: 10_060_000, p90: 10_060_000, p99: 10_060_000, max: 10_060_000 };
  const cell = 2 ** 24;
  expect(timed(1, [{ atMost: cell, count: 1 }])).toEqual({ ...once, atLeast: once });
  const often = timed(200, [{ atMost: cell, count: 200 }]);
  expect(often?.p50).toBe(Math.round((200 * 10_060_000 - (99 * cell) / 2) / 101));
  expect(often).toMatchObject({
    p99: cell,
    max: cell,
    atLeast: { p50: cell / 2, max: 10_060_000 },
  });
});

test("timed calls: prices beyond what was spent are scaled down, with a warning", () => {
  const timed = recording({
    timing: "exact",
    samplePeriodNs: null,
    processes: [process({ wallNs: 300 * ms, onCpuNs: 300 * ms })],
    lines: [line({ syscall: "getpid", kind: "none", count: 1_000_000, onCpuNs: 100 * ms })],
  });
  // 200 + 400 asked for each call, 100 of them between the hooks; there were 300.
  const bill = makeBill(timed, prices({ nullSyscallNs: 200, overheadNs: 400, windowFloorNs: 100 }));
  expect(bill.audit.overheadNs).toBe(200 * ms);
  expect(parts(bill)).toEqual({
    wallNs: 100 * ms,
    userNs: 0,
    boundaryNs: 100 * ms,
    kernelNs: 0,
    faultNs: 0,
    residualNs: 0,
  });
  expect(bill.warnings).toEqual([
    { code: "prices-exceed", pricedNs: 600 * ms, measuredNs: 300 * ms },
  ]);
});

const traced = recording({
  recorder: "ptrace",
  timing: "exact",
  samplePeriodNs: null,
  processes: [process({ wallNs: 100 * ms, onCpuNs: 20 * ms, runQueueNs: 5 * ms })],
  lines: [
    line({ kind: "pipe", count: 1_000, onCpuNs: 4 * ms, wait: { ioNs: 0, otherNs: 12 * ms } }),
  ],
});
const tracedPrices = {
  nullSyscallNs: 100,
  overheadNs: 50_000,
  windowFloorNs: 3_000,
  waitFloorNs: 10_000,
};

test("traced calls: the recorder's cost is taken from stops and seeming waits, then from the wall", () => {
  const bill = makeBill(traced, prices(tracedPrices));
  expect(bill.audit.overheadNs).toBe(50 * ms);
  expect(bill.time.waitNs.pipe).toBe(2 * ms);
  expect(parts(bill)).toEqual({
    wallNs: 50 * ms,
    userNs: 16 * ms, // 20 - 1 of work - 0.1 boundary - 2.9 in stops.
    boundaryNs: 0.1 * ms,
    kernelNs: 1 * ms,
    faultNs: 0,
    residualNs: 25.9 * ms,
  });
});

test("traced calls: the time threads stood is subtracted as measured, not as priced", () => {
  const [first] = traced.processes;
  if (first === undefined) throw new Error("no process");
  const stood = { ...traced, processes: [{ ...first, wallNs: 40 * ms, stoodNs: 60 * ms }] };
  const bill = makeBill(stood, prices(tracedPrices));
  expect(bill.time.measuredWallNs).toBe(100 * ms);
  // 60 stood, 10 seemed to wait, 2.9 on the CPU inside the stops.
  expect(bill.audit.overheadNs).toBe(72.9 * ms);
  expect(bill.audit.overheadNsPerCrossing).toBe(72_900);
  expect(parts(bill)).toEqual({
    wallNs: 27.1 * ms,
    userNs: 16 * ms,
    boundaryNs: 0.1 * ms,
    kernelNs: 1 * ms,
    faultNs: 0,
    residualNs: 3 * ms,
  });
});

test("traced calls: a priced share of the program's CPU time is not user time", () => {
  const bill = makeBill(traced, prices({ ...tracedPrices, onCpuNs: 8_000 }));
  expect(bill.audit.overheadNs).toBe(50 * ms);
  expect(bill.time.userNs).toBe(10.9 * ms); // 18.9 beyond work and boundary, less 8.
});

test("short processes share their samples, so that none loses its boundary to chance", () => {
  const ids = Array.from({ length: 10 }, (_, id) => id);
  const bill = makeBill(
    recording({
      processes: ids.map((id) =>
        process({
          id,
          wallNs: ms,
          onCpuNs: ms,
          samples: { user: id % 2, syscall: (id + 1) % 2, fault: 0 },
        }),
      ),
      lines: ids.map((id) => line({ process: id, count: 1_000, samples: (id + 1) % 2 })),
    }),
    prices({ nullSyscallNs: 100 }),
  );
  expect(bill.time.boundaryNs).toBe(1 * ms);
  expect(bill.time.kernelNs).toBe(4 * ms);
  for (const row of bill.processes) expect(row.time.boundaryNs).toBe(0.1 * ms);
  expect(codes(bill)).toContain("few-samples");
});

test("without a sampler the CPU time beyond the prices counts as user time", () => {
  const bill = makeBill(
    recording({
      samplePeriodNs: null,
      processes: [process({ wallNs: 10 * ms, onCpuNs: 10 * ms, minorFaults: 100 })],
      lines: [line({ count: 1_000 })],
    }),
    prices({ nullSyscallNs: 100, overheadNs: 100, faultNs: 1_000 }),
  );
  expect(parts(bill)).toEqual({
    wallNs: 9.9 * ms,
    userNs: 9.7 * ms,
    boundaryNs: 0.1 * ms,
    kernelNs: 0,
    faultNs: 0.1 * ms,
    residualNs: 0,
  });
});

test("with few samples faults are priced first, and the rest is shared between code and calls", () => {
  const bill = makeBill(
    recording({
      processes: [
        process({
          wallNs: 10 * ms,
          onCpuNs: 10 * ms,
          minorFaults: 1_000,
          samples: { user: 0, syscall: 8, fault: 2 },
        }),
      ],
      lines: [line({ count: 100, samples: 8 })],
    }),
    prices({ faultNs: 1_000 }),
  );
  expect(parts(bill)).toMatchObject({ faultNs: 1 * ms, kernelNs: 9 * ms, userNs: 0 });
});

test("a call that did not return may have a line of none, which bills its time", () => {
  const bill = makeBill(
    recording({
      processes: [
        process({
          wallNs: 100 * ms,
          onCpuNs: 100 * ms,
          samples: { user: 50, syscall: 50, fault: 0 },
        }),
      ],
      lines: [
        line({ count: 10, samples: 40 }),
        line({ syscall: "exit_group", kind: "none", count: 0, samples: 10 }),
      ],
      unfinished: [{ syscall: "exit_group", count: 1 }],
    }),
    prices(),
  );
  expect(bill.syscalls.map((row) => [row.name, row.count, row.unfinished, row.kernelNs])).toEqual([
    ["read", 10, 0, 40 * ms],
    ["exit_group", 1, 1, 10 * ms],
  ]);
  expect(bill.unfinished.kernelNs).toBe(0);
});

test("prices that exceed the kernel time are scaled down, and a warning says so", () => {
  const bill = makeBill(
    recording({
      processes: [
        process({
          wallNs: 1_000 * ms,
          onCpuNs: 1_000 * ms,
          samples: { user: 900, syscall: 100, fault: 0 },
        }),
      ],
      lines: [line({ count: 1_000_000, samples: 100 })],
    }),
    prices({ nullSyscallNs: 300, overheadNs: 100 }),
  );
  expect(bill.time.boundaryNs).toBe(75 * ms);
  expect(bill.audit.overheadNs).toBe(25 * ms);
  expect(bill.time.kernelNs).toBe(0);
  expect(codes(bill)).toEqual(["prices-exceed", "few-samples"]);
  expect(describeWarning(bill.warnings[0] ?? { code: "lost", count: 0 })).toMatch(
    /^prices exceed what was measured by 300 %/,
  );
});

test("a few samples that missed the calls do not make their boundary disappear", () => {
  const bill = makeBill(
    recording({
      processes: [
        process({ wallNs: 2 * ms, onCpuNs: 2 * ms, samples: { user: 1, syscall: 0, fault: 0 } }),
      ],
      lines: [line({ count: 1_000, samples: 0 })],
    }),
    prices({ nullSyscallNs: 300, overheadNs: 100 }),
  );
  expect(bill.time.boundaryNs).toBe(300_000);
  expect(bill.audit.overheadNs).toBe(100_000);
  expect(bill.time.userNs).toBe(1_600_000);
  expect(bill.time.residualNs).toBe(0);
});

test("calls not itemised are counted, and priced from the kernel time that no line holds", () => {
  const bill = makeBill(
    recording({
      processes: [
        process({
          wallNs: 1_000 * ms,
          onCpuNs: 1_000 * ms,
          samples: { user: 500, syscall: 500, fault: 0 },
        }),
      ],
      lines: [
        line({ syscall: "read", count: 1_000_000, samples: 250 }),
        line({ process: null, syscall: "write", count: 700_000, samples: 200, kind: "unknown" }),
        line({ process: null, syscall: "write", error: "EPIPE", count: 300_000, kind: "unknown" }),
      ],
      unfinished: [{ syscall: "exit_group", count: 1 }],
    }),
    prices({ nullSyscallNs: 100 }),
  );
  expect(bill.notItemised).toEqual([
    {
      syscall: "write",
      count: 1_000_000,
      errors: { EPIPE: 300_000 },
      boundaryNs: 100 * ms,
      kernelNs: 100 * ms,
      waitNs: 0,
    },
  ]);
  expect(bill.unfinished).toEqual({
    calls: [{ syscall: "exit_group", count: 1 }],
    kernelNs: 50 * ms,
    waitNs: 0,
  });
  expect(bill.time).toMatchObject({ boundaryNs: 200 * ms, kernelNs: 300 * ms, residualNs: 0 });
  expect(bill.syscalls.find(({ name }) => name === "exit_group")).toMatchObject({
    count: 1,
    unfinished: 1,
  });
  expect(codes(bill)).toEqual(["not-itemised"]);
});

test("fault time that was measured is believed, and major faults get the waiting", () => {
  const measured = process({
    wallNs: 100 * ms,
    onCpuNs: 50 * ms,
    faultWait: { ioNs: 30 * ms, otherNs: 0 },
    minorFaults: 900,
    majorFaults: 100,
    samples: { user: 50, syscall: 0, fault: 0 },
    measuredFaultNs: { minor: 4 * ms, major: 36 * ms },
  });
  const bill = makeBill(recording({ processes: [measured] }), prices());
  expect(bill.faults).toEqual({
    basis: "measured",
    minor: { count: 900, ns: 4 * ms },
    major: { count: 100, ns: 36 * ms },
  });
  expect(bill.time).toMatchObject({ faultNs: 40 * ms, userNs: 40 * ms, residualNs: 20 * ms });
  const counted = { ...measured, measuredFaultNs: null };
  const priced = makeBill(recording({ processes: [counted] }), prices({ faultNs: 10_000 }));
  expect(priced.faults).toEqual({
    basis: "priced",
    minor: { count: 900, ns: 9 * ms },
    major: { count: 100, ns: 31 * ms },
  });
});

test("prices carry their intervals into the boundary's", () => {
  const recorded = recording({
    processes: [process({ wallNs: ms, onCpuNs: ms })],
    lines: [line({ count: 1_000 })],
  });
  const uncertain = { ...prices(), nullSyscallNs: { low: 90, likely: 100, high: 120 } };
  expect(makeBill(recorded, uncertain).intervals.boundaryNs).toEqual({
    low: 90_000,
    likely: 100_000,
    high: 120_000,
  });
  expect(makeBill(recorded, { ...uncertain, nullSyscallNs: exactly(100) }).time.boundaryNs).toBe(
    100_000,
  );
});

test("io_uring operations are summed over rings and kept by owner", () => {
  const ring = { opcode: "READ", submitted: 5, completed: 4, errors: 1, bytes: 4096 };
  const bill = makeBill(
    recording({
      uring: [
        { ...ring, process: 0 },
        { ...ring, process: null },
      ],
    }),
    prices(),
  );
  expect(bill.uring).toMatchObject([
    {
      opcode: "READ",
      count: 10,
      completed: 8,
      errors: 2,
      bytes: 8192,
      processes: [
        { process: { pid: 100 }, count: 5 },
        { process: null, count: 5 },
      ],
    },
  ]);
});
