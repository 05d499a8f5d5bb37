/** What eBPF recordings say of descriptors: kind, name and use, whatever the name is made of. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Target } from "@crossbill/core";
import type { RecordedFacts } from "@crossbill/recorder";
import { afterAll, expect } from "vitest";
import { ebpfTest } from "./command-line.ts";
import { buildProgram, makeFolder, recordWith, removeFolders } from "./recorder-process.ts";

const descriptors = buildProgram("descriptors");
afterAll(removeFolders);

/** A block device that this process may open; "" when there is none. */
function findBlockDevice(): string {
  for (const name of readdirSync("/dev")) {
    const path = join("/dev", name);
    try {
      if (!statSync(path).isBlockDevice()) continue;
      closeSync(openSync(path, "r"));
      return path;
    } catch {
      // Not this one.
    }
  }
  return "";
}

interface Seen {
  readonly kind: string;
  readonly count: number;
  readonly error: string | null;
  readonly target: Target | undefined;
}

function callsOn(facts: RecordedFacts, syscall: string): Seen[] {
  const lines = facts.lines.filter((line) => line.syscall === syscall && line.count > 0);
  return lines.map(({ kind, count, error, target }) => ({
    kind,
    count,
    error,
    target: facts.targets.find(({ id }) => id === target),
  }));
}

function targetNamed(facts: RecordedFacts, name: string): Target | undefined {
  return facts.targets.find((target) => target.name === name);
}

const address = String.raw`127\.0\.0\.1:\d+`;

/** How often programs/descriptors.c calls fcntl on each, and what it must be called. */
const expected: readonly (readonly [kind: string, count: number, name: string])[] = [
  ["file", 101, "FOLDER/file"],
  ["directory", 103, "FOLDER"],
  ["fifo", 109, "FOLDER/fifo"],
  ["char", 139, "/dev/zero"],
  ["terminal", 151, String.raw`/dev/pts/\d+`],
  ["tcp", 157, `${address} > ${address}`],
  ["unix", 163, "socket"],
  ["udp", 167, `${address} > 127\\.0\\.0\\.1:9`],
  ["socket", 173, "netlink protocol 0"],
  ["pipe", 179, String.raw`pipe:\[\d+\]`],
  ["eventfd", 181, String.raw`\[eventfd\]`],
  ["timerfd", 191, String.raw`\[timerfd\]`],
  ["signalfd", 193, String.raw`\[signalfd\]`],
  ["epoll", 197, String.raw`\[eventpoll\]`],
  ["memfd", 199, "memfd:scratch"],
  ["anonymous", 211, "inotify"],
];

ebpfTest.each(["sampled", "exact"] as const)(
  "%s: each kind of descriptor is told apart and named, and its calls are counted",
  async (timing) => {
    const folder = realpathSync(makeFolder());
    const block = findBlockDevice();
    const facts = await recordWith("ebpf", [descriptors, "kinds", folder, block], { timing });
    const calls = callsOn(facts, "fcntl");
    const hasRing = calls.some(({ kind }) => kind === "io_uring");
    // Only io_uring may be missing: a kernel can have it switched off.
    expect(facts.exit.code).toBe(hasRing ? 0 : 1);
    for (const [kind, count, name] of expected) {
      const found = calls.filter((call) => call.kind === kind && call.count === count);
      expect(
        found.map(({ error }) => error),
        kind,
      ).toEqual([null]);
      const pattern = new RegExp(`^${name.replace("FOLDER", folder)}$`);
      expect(found[0]?.target, kind).toMatchObject({ kind, deleted: false });
      expect(found[0]?.target?.name).toMatch(pattern);
    }
    if (hasRing) expect(calls.find(({ kind }) => kind === "io_uring")?.count).toBe(223);
    if (block !== "") {
      expect(calls.find(({ kind }) => kind === "block")).toMatchObject({
        count: 149,
        target: { name: block },
      });
    }
    expect(calls.find(({ kind }) => kind === "unknown")).toEqual({
      kind: "unknown",
      count: 127,
      error: "EBADF",
      target: undefined,
    });
  },
);

ebpfTest(
  "a file deleted while it is open says so, one opened and closed at once has its name",
  async () => {
    const folder = realpathSync(makeFolder());
    const facts = await recordWith("ebpf", [descriptors, "kinds", folder, ""]);
    const gone = callsOn(facts, "fcntl").find(({ count }) => count === 107);
    expect(gone?.target).toMatchObject({ name: join(folder, "gone"), kind: "file", deleted: true });
    const closed = callsOn(facts, "close").find(({ count }) => count === 113);
    expect(closed?.target).toMatchObject({ name: join(folder, "short-lived"), deleted: false });
  },
);

ebpfTest("files of another mount namespace and of another root have names", async () => {
  const folder = realpathSync(makeFolder());
  const mounted = join(folder, "mounted");
  mkdirSync(mounted);
  const inNamespace = 'mount -t tmpfs none "$0" && echo x > "$0/within" && cat "$0/within"';
  const namespaced = await recordWith("ebpf", ["unshare", "-m", "sh", "-c", inNamespace, mounted]);
  expect(namespaced.exit.code).toBe(0);
  expect(targetNamed(namespaced, join(mounted, "within"))).toMatchObject({
    kind: "file",
    fileSystem: "tmpfs",
  });
  writeFileSync(join(folder, "inside"), "x");
  const enter = "import os, sys; os.chroot(sys.argv[1]); os.close(os.open('/inside', os.O_RDONLY))";
  const rooted = await recordWith("ebpf", ["python3", "-c", enter, folder]);
  expect(rooted.exit.code).toBe(0);
  expect(targetNamed(rooted, join(folder, "inside"))).toMatchObject({ kind: "file" });
});

ebpfTest(
  "a path deeper than the recorder follows says that it is cut, and keeps its end",
  async () => {
    const folder = makeFolder();
    const deep = join(folder, ...Array.from({ length: 90 }, (_, level) => `level-${level}`));
    mkdirSync(deep, { recursive: true });
    const facts = await recordWith("ebpf", ["sh", "-c", 'echo x > "$0/file"', deep]);
    const cut = facts.targets.filter(({ truncated }) => truncated);
    expect(cut).toHaveLength(1);
    expect(cut[0]?.name).toMatch(/^\/level-\d+\/.*\/level-89\/file$/);
    expect(deep.endsWith(cut[0]?.name?.replace(/\/file$/, "") ?? "none")).toBe(true);
  },
);

ebpfTest("reading in sequence and out of sequence are told apart, and sizes add up", async () => {
  const file = join(makeFolder(), "blocks");
  for (const [step, sequential] of [
    ["1", 101],
    ["37", 1],
  ] as const) {
    const facts = await recordWith("ebpf", [descriptors, "blocks", file, step]);
    const line = facts.lines.find(
      ({ syscall, kind, bytes }) =>
        syscall === "pread64" && kind === "file" && bytes === 101 * 4096,
    );
    expect(line).toMatchObject({
      count: 101,
      requestedBytes: 101 * 4096,
      positioned: 101,
      sequential,
      sizes: [{ atMost: 4096, count: 101 }],
    });
  }
});

ebpfTest("files of every size up to a million are counted in the size they have", async () => {
  const facts = await recordWith("ebpf", [
    "python3",
    "-c",
    "import os\nfd = os.open('/dev/zero', os.O_RDONLY)\n" +
      "for k in range(20):\n for size in (1 << k, (1 << k) + 1): os.read(fd, size)",
  ]);
  const zero = targetNamed(facts, "/dev/zero");
  const lines = facts.lines.filter(
    ({ syscall, target }) => syscall === "read" && target === zero?.id,
  );
  const cells = new Map<number, number>();
  for (const { sizes } of lines) {
    for (const { atMost, count } of sizes) cells.set(atMost, (cells.get(atMost) ?? 0) + count);
  }
  // 2^k is the last of its own cell, 2^k + 1 the first of the next; 1 + 1 is 2.
  const last = [[1, 1], ...Array.from({ length: 19 }, (_, k) => [2 ** (k + 1), 2]), [2 ** 20, 1]];
  expect([...cells].sort(([a], [b]) => a - b)).toEqual(last);
});

ebpfTest(
  "a name of 255 bytes, newlines, escapes and bytes that are no UTF-8 all come through",
  async () => {
    const cwd = realpathSync(makeFolder());
    const script =
      'p=$(printf "\\033[31m\\nEVIL\\377\\t"); cp /bin/true "./$p"; "./$p"; "./$p" "$0";' +
      ' printf x > "$0"';
    const long = "n".repeat(255);
    const facts = await recordWith("ebpf", ["sh", "-c", script, long], { cwd });
    expect(facts.exit.code).toBe(0);
    const hostile = "\u001b[31m\nEVIL\udcff\t";
    expect(targetNamed(facts, join(cwd, long))).toMatchObject({ truncated: false });
    const named = facts.processes.filter(({ comm }) => comm === hostile);
    expect(named.map(({ exe }) => exe)).toEqual([`${cwd}/${hostile}`, `${cwd}/${hostile}`]);
  },
);
