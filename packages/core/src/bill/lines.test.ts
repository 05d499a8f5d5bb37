/** Lines: what becomes one line, and what is summed over them. */
import { expect, test } from "vitest";
import { makeBill } from "../bill.ts";
import { line, prices, process, recording } from "../fixtures/recordings.ts";
import { groupLines } from "./group-lines.ts";

test("lines that differ in error only, or in a target nobody can tell apart, become one", () => {
  const named = { kind: "file", fileSystem: "ext4", deleted: false, truncated: false } as const;
  const bill = makeBill(
    recording({
      targets: [
        { ...named, id: "a", name: "/tmp/log" },
        { ...named, id: "b", name: "/tmp/log" },
        { ...named, id: "c", name: null },
      ],
      lines: [
        line({ target: "a", count: 5, bytes: 50, positioned: 5, sequential: 4 }),
        line({ target: "a", count: 2, error: "EAGAIN", positioned: 0 }),
        line({
          target: "b",
          count: 3,
          bytes: 30,
          sizes: [{ atMost: 16, count: 3 }],
          positioned: 3,
        }),
        line({ target: "c", count: 1 }),
        line({ syscall: "getpid", kind: "none", count: 1 }),
      ],
    }),
    prices({ nullSyscallNs: 100 }),
  );
  expect(bill.lines).toHaveLength(3);
  expect(bill.lines[0]).toMatchObject({
    syscall: "read",
    target: { path: "/tmp/log", unresolved: false },
    count: 10,
    errors: { EAGAIN: 2 },
    bytes: 80,
    sizes: [{ atMost: 16, count: 3 }],
    sequential: 0.5,
  });
  const getpid = bill.lines.find(({ syscall }) => syscall === "getpid");
  expect(getpid?.target).toMatchObject({ kind: "none", path: null, unresolved: false });
  const unresolved = bill.lines.filter((row) => row.target.unresolved);
  expect(unresolved).toHaveLength(1);
});

test("lines of few samples stand behind those of which more is known", () => {
  const onCpuNs = 400e6;
  const named = {
    kind: "directory",
    fileSystem: "ext4",
    deleted: false,
    truncated: false,
  } as const;
  const bill = makeBill(
    recording({
      processes: [
        process({ wallNs: onCpuNs, onCpuNs, samples: { user: 80, syscall: 20, fault: 0 } }),
      ],
      targets: ["a", "b"].map((id) => ({ ...named, id, name: `/${id}` })),
      lines: [
        line({ syscall: "getdents64", kind: "directory", target: "a", count: 2, samples: 2 }),
        line({ syscall: "getdents64", kind: "directory", target: "b", count: 2, samples: 1 }),
        line({ syscall: "statx", kind: "none", count: 10_000 }),
        line({ syscall: "openat", kind: "none", count: 5_000, samples: 17 }),
        line({ syscall: "fsync", count: 1, wait: { ioNs: 2e6, otherNs: 0 } }),
      ],
    }),
    prices({ nullSyscallNs: 100 }),
  );
  expect(bill.lines.map(({ syscall, target: { path } }) => path ?? syscall)).toEqual([
    "openat", // 17 samples are about 68 ms, and surely 40.
    "fsync",
    "statx",
    "/a", // About 8 ms, if the 2 samples were not chance.
    "/b",
  ]);
});

test("any number of targets nobody can tell apart become one line", () => {
  const ids = Array.from({ length: 200_000 }, (_, index) => `${index}`);
  const nameless = { kind: "file", name: null, fileSystem: null } as const;
  const bill = makeBill(
    recording({
      targets: ids.map((id) => ({ ...nameless, id, deleted: false, truncated: false })),
      lines: ids.map((target) => line({ target, sizes: [{ atMost: 16, count: 1 }] })),
    }),
    prices(),
  );
  expect(bill.lines).toMatchObject([
    { count: 200_000, sizes: [{ atMost: 16, count: 200_000 }], target: { unresolved: true } },
  ]);
});

test("an error of a stranger's bill is counted, whatever its name", () => {
  const bill = makeBill(recording({ lines: [line()] }), prices());
  const lines = bill.lines.map((row) => ({ ...row, errors: { valueOf: 3 } }));
  const [group] = groupLines({ ...bill, lines: [...lines, ...lines] }, "syscall");
  expect(group?.errors).toEqual({ valueOf: 6 });
});

test("empty answers add up; paths do only when those of every error are known", () => {
  const stat = { syscall: "newfstatat", kind: "none" } as const;
  const pathsOf = (...known: readonly (number | undefined)[]) =>
    makeBill(
      recording({
        lines: known.map((distinctPaths, index) =>
          line({
            ...stat,
            count: 5,
            error: index === 0 ? null : "ENOENT",
            ...(distinctPaths === undefined ? {} : { distinctPaths }),
          }),
        ),
      }),
      prices(),
    ).lines[0]?.distinctPaths;
  expect(pathsOf(3, 2)).toBe(5);
  expect(pathsOf(3, undefined)).toBeUndefined();
  const poll = (empty?: number) =>
    line({ syscall: "poll", kind: "none", count: 7, ...(empty === undefined ? {} : { empty }) });
  const emptyOf = (lines: Parameters<typeof recording>[0]) =>
    makeBill(recording(lines), prices()).lines[0]?.empty;
  expect(emptyOf({ lines: [poll(2), poll(3), poll()] })).toBe(5);
  expect(emptyOf({ lines: [poll()] })).toBeUndefined();
});
