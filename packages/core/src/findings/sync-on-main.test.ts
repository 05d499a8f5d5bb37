import { expect, test } from "vitest";
import { billOfTimedRun, findingOf, type TimedCalls } from "../fixtures/timed-run.ts";
import type { RecordedStack } from "../recording.ts";
import { syncOnMain } from "./sync-on-main.ts";

const files = 97;
const diskNs = 400_000;
const node = { exe: "/usr/bin/node", comm: "node", threads: 11 };
const reads = Array.from(
  { length: files },
  (_, i): TimedCalls => ({
    syscall: "read",
    count: 1,
    ns: 2000,
    bytes: 4096,
    diskNs,
    on: `/f/${i}`,
  }),
);

/** Reads that waited, below these functions, innermost first. */
function waitsOf(functions: readonly string[]): RecordedStack {
  const frames = functions.map((name) => ({
    ...{ buildId: null, offset: "10" },
    symbol: { function: name, file: null, line: null, module: null },
  }));
  return { process: 0, syscall: "read", samples: 0, waits: files, frames };
}
const fromScript = waitsOf([
  "read",
  "node::fs::Read(v8::FunctionCallbackInfo)",
  "Builtins_JSEntry",
]);
const fromPool = waitsOf(["read", "uv__fs_read", "worker", "start_thread"]);

function coldReads(calls: TimedCalls[], stacks: RecordedStack[], exe = node.exe) {
  const bill = billOfTimedRun({
    ...{ calls, userNs: 1000, processes: [{ ...node, exe }] },
    fields: { stacks },
  });
  return findingOf(bill, syncOnMain.code);
}

const children = 13;
const livedNs = 30e6;
function childrenWith(loops: number, elapsedNs = children * livedNs, threads = 11) {
  const child = { exe: "/bin/sh", comm: "sh", ppid: 100, wallNs: livedNs, onCpuNs: 0 };
  const calls: TimedCalls[] = [
    { syscall: "clone", kind: "none", count: children, ns: 90_000 },
    { syscall: "epoll_create1", kind: "epoll", on: "[eventpoll]", count: loops, ns: 900 },
  ];
  const bill = billOfTimedRun({
    ...{
      calls,
      userNs: 1000,
      processes: [{ ...node, threads }, ...Array.from({ length: children }, () => child)],
    },
    fields: { elapsedNs },
  });
  return findingOf(bill, syncOnMain.code);
}

test("an event loop for each child: four at a time leave a quarter of their lives", () => {
  const finding = childrenWith(children + 3);
  expect(finding?.saving.likelyNs).toBeCloseTo(children * livedNs * 0.75, 0);
  expect(finding?.evidence).toMatchObject({ children, atATime: 4 });
});

test("the loops of worker threads are not taken for children's", () => {
  expect(childrenWith(children + 3, children * livedNs, children + 11)).toBeNull();
});

test("files that a script waits for: six tenths of what four at a time can spare", () => {
  const finding = coldReads(reads, [fromScript]);
  const hops = 12 * 100 * files;
  expect(finding?.saving.likelyNs).toBeCloseTo(0.6 * 0.75 * files * diskNs - hops, -1);
  expect(finding?.evidence).toMatchObject({ calls: files, atATime: 4 });
});

test("it is silent for children of the one event loop, and when they are a small part of the run", () => {
  expect(childrenWith(3)).toBeNull();
  expect(childrenWith(children + 3, 1000 * children * livedNs)).toBeNull();
});

test.each<[string, TimedCalls[], RecordedStack[], string]>([
  ["reads of the pool, its fixed twin", reads, [fromPool], node.exe],
  ["reads of nobody knows whom", reads, [], node.exe],
  ["one file in order", reads.map((one) => ({ ...one, on: "/f/0" })), [fromScript], node.exe],
  ["syncs", reads.map((one) => ({ ...one, syscall: "fsync" })), [fromScript], node.exe],
  ["another program", reads, [fromScript], "/usr/bin/example"],
])("it is silent for %s", (_, calls, stacks, exe) => {
  expect(coldReads(calls, stacks, exe)).toBeNull();
});
