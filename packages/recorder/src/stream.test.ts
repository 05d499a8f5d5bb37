import { CrossbillError, type RecordedLine, RecorderError } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PATH_SET_WORDS } from "./path-set.ts";
import { type StreamEnd, StreamReader } from "./stream.ts";
import type { RecordedFacts } from "./stream-facts.ts";

const hello = {
  t: "hello",
  stream: "crossbill.stream/1",
  recorder: "ebpf",
  timing: "sampled",
  arch: "x86_64",
  period: 1_003_009,
  limits: { lines: 16_384 },
};
const usage = {
  t: "usage",
  id: 0,
  instances: 1,
  threads: 1,
  wall: 5000,
  cpu: 4000,
  runq: 10,
  faultio: 0,
  faultother: 0,
  unfinishedio: 0,
  unfinishedother: 0,
  minflt: 3,
  majflt: 0,
  nvcsw: 1,
  nivcsw: 2,
  suser: 1,
  ssys: 2,
  sfault: 0,
  fminor: null,
  fmajor: null,
};
const line = {
  t: "line",
  p: 0,
  nr: 0,
  err: 0,
  kind: 0,
  target: "9f3a",
  count: 7,
  bytes: 70,
  asked: 700,
  pos: 6,
  seq: 5,
  samples: 2,
  cpu: null,
  waitio: 11,
  waitother: 13,
  sizes: [
    [0, 2],
    [4, 5],
  ],
  latency: [],
};
const audit = {
  t: "audit",
  left: 7,
  exits: 1,
  inflight: 2,
  unitemised: 0,
  lost: 0,
  unnamed: 0,
  running: 0,
};
const whole: readonly Record<string, unknown>[] = [
  hello,
  { t: "started", pid: 123 },
  { t: "process", id: 0, pid: 123, ppid: 1, comm: "ls", exe: "/usr/bin/ls" },
  {
    t: "target",
    id: "9f3a",
    kind: 0,
    name: "/etc/passwd",
    fs: 0xef53,
    deleted: false,
    truncated: false,
  },
  { t: "exit", code: 3, signal: 0, elapsed: 6000, rusage: null },
  usage,
  line,
  { t: "unfinished", nr: 231, count: 1 },
  { t: "uring", p: 0, op: 22, submitted: 5, completed: 4, errors: 1, bytes: 40 },
  { t: "stack", p: 0, nr: -1, samples: 3, frames: [["", "7f00"]] },
  audit,
  { t: "end" },
];

function text(objects: readonly Record<string, unknown>[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join("");
}

function read(stream: string | Uint8Array, chunk = 65_536): StreamEnd {
  const bytes = typeof stream === "string" ? Buffer.from(stream, "latin1") : stream;
  const reader = new StreamReader();
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return reader.finish();
}

function facts(objects: readonly Record<string, unknown>[]): RecordedFacts {
  const end = read(text(objects));
  if (end.kind !== "recorded") throw new Error(`the stream ended as ${end.kind}`);
  return end.facts;
}

/** The whole stream with one object's fields changed. */
function changed(type: string, fields: Record<string, unknown>): Record<string, unknown>[] {
  return whole.map((object) => (object["t"] === type ? { ...object, ...fields } : object));
}

function onlyLine(of: RecordedFacts): RecordedLine {
  const [first] = of.lines;
  if (first === undefined || of.lines.length !== 1) throw new Error("expected one line");
  return first;
}

test("calls that did not leave join the line they belong to", () => {
  const inside = { ...line, count: 0, inside: 3, waitother: 100, sizes: [] };
  const joined = onlyLine(
    facts(
      whole.flatMap<Record<string, unknown>>((object) =>
        object === line ? [line, inside] : object,
      ),
    ),
  );
  expect(joined).toMatchObject({ count: 7, unfinished: 3, wait: { ioNs: 22, otherNs: 113 } });
  expect(onlyLine(facts(whole)).unfinished).toBeUndefined();
  expect(() => facts(changed("line", { inside: -1 }))).toThrow(/field inside: expected a count/);
});

test("what only some calls, files and stacks have is kept, and absent of the others", () => {
  const extended = facts(
    changed("line", { empty: 3 }).map((object) =>
      object["t"] === "target" ? { ...object, size: 23 } : object,
    ),
  );
  expect(onlyLine(extended).empty).toBe(3);
  expect(extended.targets[0]?.sizeBytes).toBe(23);
  const { lines, targets, stacks } = facts(whole);
  expect(lines[0]).not.toHaveProperty("empty");
  expect(lines[0]).not.toHaveProperty("distinctPaths");
  expect(targets[0]).not.toHaveProperty("sizeBytes");
  expect(stacks[0]).not.toHaveProperty("waits");
  const waits = facts(changed("stack", { samples: 0, waits: 5 })).stacks[0];
  expect(waits).toMatchObject({ samples: 0, waits: 5 });
  const callers = [
    ["23", "4a0"],
    ["", "7f01"],
  ];
  expect(facts(changed("stack", { callers })).stacks[0]?.frames).toEqual([
    { buildId: null, offset: "7f00" },
    { buildId: null, offset: "4a0", inode: 23, guess: true },
    { buildId: null, offset: "7f01", guess: true },
  ]);
  const top = [["23", "480"]];
  const frames = [
    ["", "7f00"],
    ["", "7f80"],
  ];
  const offsets = facts(changed("stack", { frames, top, callers })).stacks[0]?.frames;
  expect(offsets?.map(({ offset }) => offset)).toEqual(["7f00", "480", "7f80", "4a0", "7f01"]);
  expect(() => facts(changed("line", { empty: -1 }))).toThrow(/field empty: expected a count/);
});

test("paths named on several CPUs are counted once, and unknown when one CPU had no room", () => {
  const on = (...paths: readonly unknown[]) =>
    onlyLine(
      facts(
        whole.flatMap<Record<string, unknown>>((object) =>
          object === line ? paths.map((of) => ({ ...line, paths: of })) : object,
        ),
      ),
    ).distinctPaths;
  expect(on([[0, 7]])).toBe(3);
  expect(on([[0, 7]], [[0, 14]])).toBe(4);
  expect(on([[0, 7]], null)).toBeUndefined();
  expect(on(null, [[0, 7]])).toBeUndefined();
  // Never more than there were calls.
  expect(on([[0, 2 ** 32 - 1]])).toBe(7);
  expect(() => on([[PATH_SET_WORDS, 1]])).toThrow(/field paths: expected/);
});

test("a whole stream becomes facts with names instead of numbers", () => {
  const recorded = facts(whole);
  expect(onlyLine(recorded)).toMatchObject({ syscall: "read", error: null, kind: "file" });
  expect(recorded.targets).toEqual([
    {
      id: "9f3a",
      kind: "file",
      name: "/etc/passwd",
      fileSystem: "ext4",
      deleted: false,
      truncated: false,
    },
  ]);
  expect(recorded.exit).toEqual({ code: 3, signal: null });
  expect(recorded.unfinished).toEqual([{ syscall: "exit_group", count: 1 }]);
  expect(recorded.uring[0]?.opcode).toBe("READ");
  expect(recorded.stacks[0]).toEqual({
    process: 0,
    syscall: null,
    samples: 3,
    frames: [{ buildId: null, offset: "7f00" }],
  });
});

test("calls entered are those that left, those that ended their thread and those inside", () => {
  const recorded = facts(whole);
  expect(recorded.audit).toMatchObject({ entered: 10, left: 7, inFlight: 3, exits: 1, lost: 0 });
});

test("histogram cells become powers of two, with zero apart", () => {
  expect(onlyLine(facts(whole)).sizes).toEqual([
    { atMost: 0, count: 2 },
    { atMost: 8, count: 5 },
  ]);
});

test("lines with equal keys are added up, histograms included", () => {
  const second = {
    ...line,
    count: 4,
    sizes: [
      [4, 1],
      [5, 3],
    ],
  };
  const stream = changed("audit", { left: 11 }).toSpliced(6, 0, second);
  const sum = onlyLine(facts(stream));
  expect(sum).toMatchObject({ count: 11, bytes: 140, samples: 4 });
  expect(sum.wait).toEqual({ ioNs: 22, otherNs: 26 });
  expect(sum.sizes).toEqual([
    { atMost: 0, count: 2 },
    { atMost: 8, count: 6 },
    { atMost: 16, count: 3 },
  ]);
});

test("a name that is not UTF-8 keeps its bytes", () => {
  const stream = text(changed("process", { comm: "COMM" })).replace(
    "COMM",
    "\\u00ff\\u00c3\\u00a9",
  );
  const end = read(stream);
  expect(end.kind === "recorded" && end.facts.processes[0]?.comm).toBe("\udcffé");
});

test("what only some recorders say is kept, and absent where it was not said", () => {
  const [plain] = facts(whole).processes;
  expect(Object.keys(plain ?? {})).not.toContain("stoodNs");
  expect(facts(changed("usage", { stood: 17 })).processes[0]?.stoodNs).toBe(17);
  expect(facts(changed("process", { compat: true })).processes[0]?.compat).toBe(true);
  const counted = facts(changed("audit", { threadsLost: 3, switchesUnseen: 5 })).audit;
  expect(counted).toMatchObject({ threadsLost: 3, switchesUnseen: 5 });
  expect(() => facts(changed("usage", { stood: -1 }))).toThrow(/field stood/);
});

test("a target that found no room is a target without a name", () => {
  const recorded = facts(whole.filter((object) => object["t"] !== "target"));
  expect(recorded.targets).toMatchObject([{ id: "9f3a", kind: "file", name: null }]);
});

test("a process sent again replaces the first", () => {
  const again = { t: "process", id: 0, pid: 123, ppid: 1, comm: "renamed", exe: null };
  const recorded = facts(whole.toSpliced(5, 0, again));
  expect(recorded.processes).toMatchObject([{ comm: "renamed", exe: null, wallNs: 5000 }]);
});

test("a failure is a value that says at which stage", () => {
  const stream = text([{ t: "failed", stage: "exec", errno: 2, what: "execve" }]);
  expect(read(stream)).toEqual({
    kind: "failed",
    failure: { stage: "exec", errno: 2, what: "execve" },
  });
});

test("a stream without its last line is cut, wherever it was cut", () => {
  const bytes = Buffer.from(text(whole), "latin1");
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), (length) => {
      expect(read(bytes.subarray(0, length)).kind).toBe("cut");
    }),
  );
});

test("it does not matter how the stream is cut into chunks", () => {
  const expected = facts(whole);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600 }), (chunk) => {
      const end = read(text(whole), chunk);
      expect(end.kind === "recorded" && end.facts).toEqual(expected);
    }),
  );
});

test.each([
  ["an unknown type", [hello, { t: "surprise" }], /line 2: unknown type surprise/],
  ["a line before hello", [usage], /line 1: usage before hello/],
  ["a second hello", [hello, hello], /a second hello/],
  ["another version", [{ ...hello, stream: "crossbill.stream/9" }], /crossbill\.stream\/9/],
  ["text after the end", [...whole, audit], /text after the last line/],
  ["a negative count", changed("line", { count: -1 }), /field count: expected a count, got -1/],
  ["half a call", changed("line", { count: 1.5 }), /field count/],
  ["a number as text", changed("line", { bytes: "70" }), /field bytes: .* got "70"/],
  ["an unknown kind", changed("line", { kind: 99 }), /field kind/],
  ["a kind from the prototype", changed("line", { kind: "length" }), /field kind/],
  ["a missing field", changed("usage", { wall: undefined }), /field wall: .* got nothing/],
  ["a time beyond 2^63", changed("usage", { wall: 1e300 }), /field wall/],
  ["a system call number beyond any table", changed("line", { nr: 5000 }), /field nr/],
  ["a histogram cell beyond 2^53", changed("line", { sizes: [[60, 1]] }), /field sizes/],
  ["exact times in a sampled stream", changed("line", { cpu: 5 }), /field cpu: expected null/],
  ["a process nobody introduced", changed("line", { p: 4 }), /process 4 was never introduced/],
  ["no audit", whole.filter(({ t }) => t !== "audit"), /no audit line/],
  ["no exit", whole.filter(({ t }) => t !== "exit"), /no exit line/],
  ["a process without usage", whole.filter(({ t }) => t !== "usage"), /no usage line/],
])("%s is refused with the line and the field", (_what, objects, message) => {
  expect(() => read(text(objects))).toThrow(RecorderError);
  expect(() => read(text(objects))).toThrow(message);
});

test.each([
  ["bytes that are not ASCII", `{"t":"hello\u00ff"}\n`],
  ["no JSON", "{\n"],
  ["an array", "[1]\n"],
  ["a control character", '{"t":"hel\u0007lo"}\n'],
  ["an empty line", "\n"],
])("%s in the stream is refused", (_what, stream) => {
  expect(() => read(stream)).toThrow(RecorderError);
});

test("a line without end is refused long before memory runs out", () => {
  const reader = new StreamReader();
  const chunk = Buffer.alloc(65_536, 0x20);
  expect(() => {
    for (let sent = 0; sent <= 1024 * 1024; sent += chunk.length) reader.push(chunk);
  }).toThrow(/longer than 1048576 bytes/);
});

test("sums beyond what a number can count are refused", () => {
  const huge = { ...line, count: Number.MAX_SAFE_INTEGER };
  expect(() => read(text(whole.toSpliced(6, 0, huge)))).toThrow(/a sum below 2\^53/);
});

test("whatever the recorder writes, the reader gives a value or an error of ours", () => {
  const value = fc.oneof(fc.jsonValue(), fc.integer(), fc.constant(null));
  const mutation = fc.record({
    at: fc.nat(whole.length - 1),
    field: fc.constantFrom(...new Set(whole.flatMap(Object.keys))),
    value,
  });
  fc.assert(
    fc.property(mutation, ({ at, field, value: hostile }) => {
      const stream = whole.map((object, index) =>
        index === at ? { ...object, [field]: hostile } : object,
      );
      // Written as the recorder writes it: everything beyond ASCII escaped.
      const written = text(stream).replace(
        /[\u007f-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      try {
        expect(["recorded", "failed", "cut"]).toContain(read(written).kind);
      } catch (error) {
        expect(error).toBeInstanceOf(CrossbillError);
      }
    }),
    { numRuns: 500 },
  );
});

test("random bytes are refused or cut, never taken for a recording", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        expect(read(bytes).kind).toBe("cut");
      } catch (error) {
        expect(error).toBeInstanceOf(RecorderError);
      }
    }),
  );
});
