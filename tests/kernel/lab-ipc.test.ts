/** Two processes that exchange messages: counts and calls are exact, and nothing outlives them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Block, measure } from "@crossbill/native";
import { expect, test } from "vitest";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);

type Parameters = Record<string, string | number>;
const kernelWays: readonly (readonly [string, Parameters])[] = [
  ["message-pipe", {}],
  ["message-socket", { kind: "stream" }],
  ["message-socket", { kind: "seqpacket" }],
  ["message-socket", { kind: "tcp" }],
];
const ringWays: readonly (readonly [string, Parameters])[] = [
  ["message-ring", { wait: "futex" }],
  ["message-ring", { wait: "eventfd" }],
  ["message-ring", { wait: "spin-futex", spins: 10 }],
];

async function blocksOf(mechanism: string, parameters: Parameters): Promise<readonly Block[]> {
  return (await measure({ mechanism, parameters, calls: 503, blockCalls: 101 })).blocks;
}

const total = (blocks: readonly Block[], of: (block: Block) => number): number =>
  blocks.reduce((sum, block) => sum + of(block), 0);

/** Processes whose parent is `pid`. */
function childrenOf(pid: number): number[] {
  const numbers = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return numbers.filter((one) => {
    try {
      return /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${one}/status`, "utf8"))?.[1] === `${pid}`;
    } catch {
      return false;
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !condition(); tries++) await sleep(10);
  expect(condition()).toBe(true);
}

function isGone(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return true;
  }
}

test("a round trip is two messages, and through the kernel each is one write and one read", async () => {
  for (const [mechanism, way] of kernelWays)
    for (const cpu of ["same", "other"]) {
      const blocks = await blocksOf(mechanism, { ...way, cpu, bytes: 97 });
      expect(total(blocks, ({ events }) => events)).toBe(2 * 503);
      expect(total(blocks, ({ counts }) => counts["calls"] ?? 0)).toBe(4 * 503);
    }
});

test("one message one way is one event, whatever its size", async () => {
  for (const [mechanism, way] of [...kernelWays, ...ringWays])
    for (const bytes of [1, 4099]) {
      const blocks = await blocksOf(mechanism, { ...way, bytes, pattern: "one-way", cpu: "same" });
      expect(total(blocks, ({ events }) => events)).toBe(503);
    }
});

test("who looks without sleeping makes no calls, and both sides' time is charged", async () => {
  const parameters = { wait: "spin", bytes: 64 };
  const blocks = await blocksOf("message-ring", parameters);
  expect(total(blocks, ({ counts }) => counts["calls"] ?? 1)).toBe(0);
  // The peer looks all the time, so it is on its CPU about as long as we are on ours.
  expect(total(blocks, ({ counts }) => counts["peerCpuNs"] ?? 0)).toBeGreaterThan(0);
});

test("who sleeps is woken by a call, at most one sleep and one wake for each wait", async () => {
  for (const wait of ["futex", "eventfd"]) {
    const blocks = await blocksOf("message-ring", { wait, bytes: 64, cpu: "same" });
    const calls = total(blocks, ({ counts }) => counts["calls"] ?? 0);
    expect(calls).toBeGreaterThan(0);
    expect(calls).toBeLessThanOrEqual(8 * 503 * 1.1);
  }
});

test("strace sees as many calls as are counted", () => {
  const folder = mkdtempSync(join(tmpdir(), "crossbill-lab-ipc-"));
  const trace = (names: string, match: RegExp, ...order: string[]): number => {
    const file = join(folder, "trace");
    const strace = ["-f", "-o", file, "-e", `trace=${names}`, program, ...order];
    expect(spawnSync("strace", [...strace, "--calls", "211"]).status).toBe(0);
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => match.test(line)).length;
  };
  try {
    // Three more round trips before the first block.
    const sent = trace("write", /write\(\d+, .*, 97\)/, "message-pipe", "bytes=97", "cpu=same");
    expect(sent).toBe(2 * (211 + 3));
    const order = ["message-ring", "bytes=97", "wait=spin", "cpu=other"];
    expect(trace("futex", /FUTEX_(WAIT|WAKE), /, ...order)).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("messages larger than any kernel buffer arrive whole", async () => {
  for (const [mechanism, way] of [...kernelWays, ...ringWays]) {
    if (way["kind"] === "seqpacket") continue;
    const parameters = { ...way, bytes: 3_000_017, cpu: "same" };
    const { blocks } = await measure({ mechanism, parameters, calls: 3, blockCalls: 1 });
    expect(total(blocks, ({ events }) => events)).toBe(6);
  }
});

test("a packet that fits no buffer, and other parameters that do not fit, are refused in words", () => {
  const refused = (why: RegExp, ...order: string[]): void => {
    const { status, signal, stderr } = spawnSync(program, [...order, "--calls", "1"], {
      encoding: "utf8",
    });
    expect({ order, status, signal }).toEqual({ order, status: 1, signal: null });
    expect(stderr).toMatch(why);
  };
  refused(/a packet larger than/, "message-socket", "kind=seqpacket", "bytes=16M");
  for (const mechanism of ["message-pipe", "message-socket", "message-ring"]) {
    refused(/Invalid argument/, mechanism, "bytes=0");
    refused(/Invalid argument/, mechanism, "bytes=17M");
    refused(/cpu=nonsense/, mechanism, "cpu=nonsense");
    refused(/pattern=nonsense/, mechanism, "pattern=nonsense");
  }
  refused(/kind=nonsense/, "message-socket", "kind=nonsense");
  refused(/wait=nonsense/, "message-ring", "wait=nonsense");
  refused(/Invalid argument/, "message-ring", "depth=0");
  refused(/Invalid argument/, "message-ring", "depth=4097");
  refused(/Invalid argument/, "message-ring", "depth=16", "bytes=16M");
  refused(/Invalid argument/, "message-ring", "spins=18446744073709551615");
});

test("one CPU alone is a reason, and enough for both sides on it", () => {
  const alone = (cpu: string) =>
    spawnSync("taskset", ["-c", "0", program, "message-pipe", `cpu=${cpu}`, "--calls", "7"], {
      encoding: "utf8",
    });
  expect(alone("other")).toMatchObject({ status: 1 });
  expect(alone("other").stderr).toMatch(/a second CPU/);
  expect(alone("same").status).toBe(0);
});

test("neither side outlives the other, even when it spins", async () => {
  for (const wait of ["spin", "futex"]) {
    for (const killed of ["ours", "peer"]) {
      const child = spawn(
        program,
        ["message-ring", `wait=${wait}`, "--calls", "1000000000", "--block", "1000000"],
        {
          stdio: "ignore",
        },
      );
      const ended = new Promise((resolve) => child.once("close", resolve));
      const pid = child.pid ?? 0;
      await until(() => childrenOf(pid).length === 1);
      const [peer = 0] = childrenOf(pid);
      process.kill(killed === "ours" ? pid : peer, "SIGKILL");
      await ended;
      await until(() => isGone(peer));
    }
  }
});
