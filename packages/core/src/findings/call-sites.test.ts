import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { FrameSymbol, RecordedFrame, RecordedStack } from "../recording.ts";
import { callSites } from "./call-sites.ts";

const libc = "/usr/lib/x86_64-linux-gnu/libc.so.6";
const readStub = frame("f82ad", { function: "__GI___libc_read", module: libc });

function frame(offset: string, symbol: Partial<FrameSymbol> | null, guess = false): RecordedFrame {
  return {
    buildId: guess ? null : "ab".repeat(20),
    offset,
    ...(guess ? { inode: 7, guess: true } : {}),
    ...(symbol === null
      ? {}
      : { symbol: { function: null, file: null, line: null, module: null, ...symbol } }),
  };
}

function stack(samples: number, frames: RecordedFrame[], syscall: string | null = "read") {
  return { process: 1, syscall, samples, frames };
}

function sitesOf(stacks: RecordedStack[], exe = "/srv/ann/reader") {
  return callSites({ stacks, processes: [{ id: 1, exe }], lines: [] }, [1], ["read"]);
}

test("the innermost frame of the program is the site, not libc's stub below it", () => {
  const reader = { function: "reader", file: "/srv/ann/r.c", line: 9, module: "/srv/ann/reader" };
  const main = { function: "main", file: "/srv/ann/r.c", line: 20, module: "/srv/ann/reader" };
  const stacks = [
    stack(7, [readStub, frame("10f0", reader, true), frame("1100", main, true)]),
    stack(4, [readStub, frame("1100", main)]),
    stack(100, [readStub, frame("1100", main)], "write"),
    stack(100, [frame("10f0", reader)], null),
  ];
  expect(sitesOf(stacks)).toEqual([
    { place: "reader (/srv/ann/r.c:9)?", share: 7 / 11, samples: 7 },
    { place: "main (/srv/ann/r.c:20)", share: 4 / 11, samples: 4 },
  ]);
});

test("code that a runtime compiled stands before the runtime itself and its own scripts", () => {
  const node = "/usr/bin/node";
  const frames = [
    readStub,
    frame("14b1edc", { function: "uv_fs_read", module: node }),
    frame("7f0000001000", { function: "readSync", file: "node:fs", line: 700 }),
    frame("7f0000002000", { function: "readLoop", file: "/srv/ann/t.js", line: 2 }),
    frame("14cfd1c", { function: "Builtins_InterpreterEntryTrampoline", module: node }),
  ];
  expect(sitesOf([stack(3, frames)], node)[0]?.place).toBe("readLoop (/srv/ann/t.js:2)");
  const onlyOwn = frames.filter((_, index) => index !== 3);
  expect(sitesOf([stack(3, onlyOwn)], node)[0]?.place).toBe("uv_fs_read (node)");
});

test("without symbols the place is the program and the offset in it", () => {
  const frames = [readStub, frame("5b7c", { module: "/usr/bin/dd" }, true)];
  expect(sitesOf([stack(3, frames)], "/usr/bin/dd")[0]?.place).toBe("dd+0x5b7c?");
});

test("of a program that holds libc itself its own lines are the site, not libc's stub", () => {
  const exe = "/srv/ann/reader";
  const stub = frame("9f10", { function: "__read", module: exe });
  const helper = frame("9f80", { function: "helper", module: exe });
  const own = frame("10f0", { function: "reader", file: "/srv/ann/r.c", line: 9, module: exe });
  expect(sitesOf([stack(3, [stub, helper, own])])[0]?.place).toBe("reader (/srv/ann/r.c:9)");
  expect(sitesOf([stack(3, [stub, helper])])[0]?.place).toBe("helper (reader)");
  expect(sitesOf([stack(3, [stub])])[0]?.place).toBe("__read (reader)");
  const go = frame("2000", {
    function: "os.Read",
    file: "/usr/local/go/src/os.go",
    line: 5,
    module: exe,
  });
  expect(sitesOf([stack(3, [stub, go, own])])[0]?.place).toBe("reader (/srv/ann/r.c:9)");
});

test("calls that cost more by waiting are found where waits ended, else by CPU time", () => {
  const at = (name: string) => [
    readStub,
    frame("1", { function: name, module: "/srv/ann/reader" }),
  ];
  const stacks = [
    stack(3, at("busy")),
    { ...stack(0, at("waiting")), waits: 7 },
    { ...stack(0, at("touching")), faults: 9 },
  ];
  const process = { id: 1, pid: 100, comm: "reader", exe: "/srv/ann/reader" };
  const places = (waitNs: number, of = stacks) => {
    const lines = [{ process, syscall: "read", boundaryNs: 10, kernelNs: 10, waitNs }];
    return callSites({ stacks: of, processes: [process], lines }, [1], ["read"]).map(
      ({ place }) => place,
    );
  };
  expect(places(21)).toEqual(["waiting (reader)"]);
  expect(places(20)).toEqual(["busy (reader)"]);
  expect(places(21, stacks.slice(0, 1))).toEqual(["busy (reader)"]);
  expect(places(20, stacks.slice(1))).toEqual(["waiting (reader)"]);
});

test("a library is better than libc, and libc than nothing", () => {
  const sqlite = { function: "unixRead", module: "/usr/lib/libsqlite3.so.0" };
  expect(sitesOf([stack(3, [readStub, frame("1", sqlite)])])[0]?.place).toBe(
    "unixRead (libsqlite3.so.0)",
  );
  expect(sitesOf([stack(3, [readStub])])[0]?.place).toBe("__GI___libc_read (libc.so.6)");
  expect(sitesOf([stack(3, [frame("f82ad", null)])])).toEqual([]);
});

test("sites are merged, in order, and never hold more samples than there were", () => {
  const stacks = fc.array(
    fc.record({ samples: fc.nat(1000), name: fc.constantFrom("a", "b", "c", "d", "e", "f", "g") }),
  );
  fc.assert(
    fc.property(stacks, (made) => {
      const all = made.map(({ samples, name }) =>
        stack(samples, [readStub, frame("1", { function: name, module: "/srv/ann/reader" })]),
      );
      const sites = sitesOf(all);
      expect(sites).toEqual(sitesOf(all.toReversed()));
      expect(sites.length).toBeLessThanOrEqual(5);
      expect(sites.map(({ samples }) => samples)).toEqual(
        sites.map(({ samples }) => samples).toSorted((a, b) => b - a),
      );
      const total = made.reduce((sum, { samples }) => sum + samples, 0);
      const kept = sites.reduce((sum, { samples }) => sum + samples, 0);
      expect(kept).toBeLessThanOrEqual(total);
      if (new Set(made.map(({ name }) => name)).size <= 5) expect(kept).toBe(total);
    }),
  );
});
