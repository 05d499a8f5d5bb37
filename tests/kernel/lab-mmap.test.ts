/** Mapped files and reads of them: faults, pages and reads are exactly those that were asked for. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Block, measure } from "@crossbill/native";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = fileURLToPath(
  new URL("../../packages/native/build/crossbill-measure", import.meta.url),
);
const PAGE = 4096;

let folder = "";
let inherited: string | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "crossbill-lab-mmap-"));
  inherited = process.env["TMPDIR"];
  process.env["TMPDIR"] = folder;
});
afterAll(() => {
  if (inherited === undefined) delete process.env["TMPDIR"];
  else process.env["TMPDIR"] = inherited;
  rmSync(folder, { recursive: true });
});

async function blocksOf(
  mechanism: string,
  parameters: Record<string, string | number>,
): Promise<readonly Block[]> {
  const { blocks } = await measure({ mechanism, parameters, calls: 23, blockCalls: 5 });
  expect(blocks.map(({ calls }) => calls)).toEqual([5, 5, 5, 5, 3]);
  return blocks;
}

const total = (blocks: readonly Block[], count: string): number =>
  blocks.reduce((sum, { counts }) => sum + (counts[count] ?? Number.NaN), 0);

/** A stray fault of the program's own may fall into a block; one in a hundred is not a rule. */
function expectFaults(blocks: readonly Block[], expected: number): void {
  const faults = total(blocks, "faults");
  expect(faults).toBeGreaterThanOrEqual(expected);
  expect(faults).toBeLessThanOrEqual(Math.ceil(expected * 1.01) + 5);
}

test("one cached page in each window is one fault for each page, as the textbook has it", async () => {
  const parameters = { bytes: 97 * PAGE, cached: PAGE, piece: PAGE };
  const blocks = await blocksOf("file-map", parameters);
  expect(total(blocks, "pages")).toBe(23 * 97);
  expectFaults(blocks, 23 * 97);
});

test("a wholly cached file takes no more faults than pages, and all of it is used", async () => {
  const blocks = await blocksOf("file-map", { bytes: 1009 * PAGE, visit: PAGE });
  expect(total(blocks, "pages")).toBe(23 * 1009);
  const faults = total(blocks, "faults");
  // Fault-around and huge pages decide how many fewer; each mapping takes one at least.
  expect(faults).toBeGreaterThanOrEqual(23);
  expect(faults).toBeLessThanOrEqual(23 * 1009 + 5);
});

test("a kept mapping takes no faults, however many passes are made", async () => {
  for (const order of ["sequential", "random"]) {
    const parameters = { bytes: 16 * PAGE * 7, visit: PAGE, order, way: "kept", passes: 7 };
    const blocks = await blocksOf("file-map", parameters);
    expect(total(blocks, "pages")).toBe(23 * 16 * 7);
    expect(total(blocks, "faults")).toBeLessThanOrEqual(5);
  }
});

test("every way to map gives the same sum, which the mechanism checks", async () => {
  for (const way of ["fault", "populate", "advise", "kept"])
    for (const unmap of ["timed", "later"])
      for (const kind of ["disk", "memory"]) {
        const parameters = { bytes: 53 * PAGE, way, unmap, kind, visit: PAGE };
        expect(total(await blocksOf("file-map", parameters), "pages")).toBe(23 * 53);
      }
});

test("strace sees each read and each mapping that was asked for", () => {
  const trace = (name: string, ...order: string[]): string[] => {
    const file = join(folder, "trace");
    const strace = ["-o", file, "-e", `trace=${name}`, program, ...order, "--calls", "23"];
    expect(spawnSync("strace", strace).status).toBe(0);
    const lines = readFileSync(file, "utf8").split("\n");
    rmSync(file);
    return lines;
  };
  const reads = trace("pread64", "file-read", "bytes=88K", "visit=8K", "passes=3");
  expect(reads.filter((line) => /, 8192, \d+\) += 8192$/.test(line))).toHaveLength(23 * 11 * 3);
  // One more, to look whether the pages are cached, and one to use it once before.
  const maps = trace("mmap", "file-map", "bytes=88K", "visit=8K");
  expect(maps.filter((line) => line.includes("mmap(NULL, 90112, PROT_READ"))).toHaveLength(25);
});

test("reads are counted, pass by pass, and take no faults", async () => {
  const parameters = { bytes: 64 * PAGE, visit: 2 * PAGE, passes: 3, order: "random" };
  const blocks = await blocksOf("file-read", parameters);
  expect(total(blocks, "reads")).toBe(23 * 32 * 3);
  expect(total(blocks, "pages")).toBe(23 * 64);
  expect(total(blocks, "faults")).toBeLessThanOrEqual(5);
});

test("what does not fit is refused in words, not in a crash", () => {
  const refused = (...order: string[]): void => {
    const { status, signal, stderr } = spawnSync(program, [...order, "--calls", "1"], {
      encoding: "utf8",
    });
    expect({ order, status, signal }).toEqual({ order, status: 1, signal: null });
    expect(stderr).toMatch(/^crossbill-measure: file-(map|read): .*Invalid argument\n$/);
  };
  for (const mechanism of ["file-map", "file-read"]) {
    refused(mechanism, "bytes=0");
    refused(mechanism, "bytes=4095");
    refused(mechanism, "bytes=1G");
    refused(mechanism, "cached=0");
    refused(mechanism, "cached=128K");
    refused(mechanism, "bytes=12K", "cached=8K");
    refused(mechanism, "cached=4K", "visit=8K");
    refused(mechanism, "cached=4K", "step=4K");
    refused(mechanism, "piece=0");
    refused(mechanism, "piece=1G");
    refused(mechanism, "visit=0");
    refused(mechanism, "visit=9");
    refused(mechanism, "bytes=88K", "visit=16K");
    refused(mechanism, "visit=2M", "bytes=1M");
    refused(mechanism, "visit=64", "step=8");
    refused(mechanism, "visit=8", "bytes=256M");
    refused(mechanism, "passes=0");
    refused(mechanism, "passes=18446744073709551615");
    refused(mechanism, "kind=nonsense");
    refused(mechanism, "order=nonsense");
  }
  refused("file-map", "way=nonsense");
  refused("file-map", "unmap=nonsense");
  refused("file-read", "use=nonsense");
});

test("no file is left behind", () => {
  expect(readdirSync(folder)).toEqual([]);
});
