/** Whole files of random content, with fs as oracle; with the native part and without. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it, vi } from "vitest";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-read-file-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const path = join(folder, "file");
const fifo = join(folder, "fifo");
execFileSync("mkfifo", [fifo]);

const byBothWays = it.each(["native", "fs"]);

async function load(way: string): Promise<typeof import("./read-file.ts")> {
  vi.resetModules();
  if (way === "fs") vi.stubEnv("CROSSBILL_IO_NATIVE", "0");
  const io = await import("./read-file.ts");
  await io.readFile("/dev/null"); // Looks for the native part.
  vi.unstubAllEnvs();
  return io;
}

/** Around the sizes at which the way changes, and any between. */
const size = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc
    .constantFrom(16384, 131072, 4 << 20)
    .chain((edge) => fc.integer({ min: edge - 1, max: edge + 1 })),
);
const encodings = fc.constantFrom("utf8", "latin1", "hex", "utf16le", "base64");
const openDescriptors = () => fs.readdirSync("/proc/self/fd").length;

byBothWays(
  "%s gives the bytes and the strings that fs gives, and leaves no descriptor open",
  async (way) => {
    const io = await load(way);
    const before = openDescriptors();
    await fc.assert(
      fc.asyncProperty(size, fc.integer(), encodings, async (bytes, seed, encoding) => {
        const content = Buffer.from(Array.from({ length: 251 }, (_, at) => (at * seed) >>> 3));
        fs.writeFileSync(path, Buffer.alloc(bytes, content));
        const expected = fs.readFileSync(path);
        expect(expected.equals(await io.readFile(path))).toBe(true);
        expect(expected.equals(io.readFileSync(Buffer.from(path)))).toBe(true);
        const text = expected.toString(encoding);
        expect(text === (await io.readFile(path, encoding))).toBe(true);
        expect(text === io.readFileSync(path, { encoding })).toBe(true);
      }),
      { numRuns: 40 },
    );
    expect(openDescriptors()).toBe(before);
  },
);

byBothWays("%s reads a file that tells no size", async (way) => {
  const io = await load(way);
  const expected = fs.readFileSync("/proc/version", "utf8");
  expect(await io.readFile("/proc/version", "utf8")).toBe(expected);
  expect(io.readFileSync("/proc/version", "utf8")).toBe(expected);
  // Some megabytes, of which the kernel's own symbols come first, and stay.
  const start = (symbols: Buffer) => symbols.toString("latin1", 0, 1 << 20);
  const symbols = start(fs.readFileSync("/proc/kallsyms"));
  expect(symbols.length).toBe(1 << 20);
  expect(start(await io.readFile("/proc/kallsyms")) === symbols).toBe(true);
  expect(start(io.readFileSync("/proc/kallsyms")) === symbols).toBe(true);
});

byBothWays("%s takes just as many bytes as are allowed, of any kind of file", async (way) => {
  const io = await load(way);
  fs.writeFileSync(path, "1234567");
  const versionBytes = fs.readFileSync("/proc/version").length;
  for (const [name, bytes] of [
    [path, 7],
    ["/proc/version", versionBytes],
  ] as const) {
    expect((await io.readFile(name, { maxBytes: bytes })).length).toBe(bytes);
    expect(io.readFileSync(name, { maxBytes: bytes }).length).toBe(bytes);
    const refusal = { code: "ERR_TOO_LARGE", name: "IoError", path: name };
    await expect(io.readFile(name, { maxBytes: bytes - 1 })).rejects.toMatchObject(refusal);
    expect(() => io.readFileSync(name, { maxBytes: bytes - 1 })).toThrow("ERR_TOO_LARGE");
  }
  await expect(io.readFile("/dev/zero", { maxBytes: 70_001 })).rejects.toThrow("ERR_TOO_LARGE");
  expect(() => io.readFileSync("/dev/zero", { maxBytes: 70_001 })).toThrow("ERR_TOO_LARGE");
  await expect(io.readFile(path, { maxBytes: -1 })).rejects.toThrow(RangeError);
});

byBothWays("%s reads a pipe to its end, at once too", async (way) => {
  const io = await load(way);
  const text = "x".repeat(100_003);
  const expectText = (found: string) => expect(found === text).toBe(true);
  const writing = `head -c ${text.length} /dev/zero | tr '\\0' x > ${fifo}`;
  const feed = () => once(spawn("sh", ["-c", writing]), "close");
  const [first] = await Promise.all([feed(), io.readFile(fifo, "utf8").then(expectText)]);
  expect(first).toEqual([0, null]);
  const second = feed();
  expectText(io.readFileSync(fifo, "utf8"));
  expect(await second).toEqual([0, null]);
});

byBothWays("%s leaves a pipe into which nobody writes, when the signal says so", async (way) => {
  const io = await load(way);
  const before = openDescriptors();
  const aborting = new AbortController();
  const readings = Array.from({ length: 7 }, () => io.readFile(fifo, aborting));
  fs.writeFileSync(path, "the pool is free");
  expect(await io.readFile(path, "utf8")).toBe("the pool is free");
  const reason = new Error("enough");
  aborting.abort(reason);
  const ends = await Promise.allSettled(readings);
  expect(ends).toEqual(readings.map(() => ({ status: "rejected", reason })));
  expect(openDescriptors()).toBe(before);
});

byBothWays("%s fails as fs does, and with the signal's reason", async (way) => {
  const io = await load(way);
  const missing = join(folder, "missing");
  await expect(io.readFile(missing)).rejects.toMatchObject({ code: "ENOENT", path: missing });
  expect(() => io.readFileSync(missing)).toThrow(/^ENOENT/);
  await expect(io.readFile(folder)).rejects.toMatchObject({ code: "EISDIR", syscall: "read" });
  expect(() => io.readFileSync(folder)).toThrow(/^EISDIR/);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(io.readFile(path, { signal })).rejects.toThrow("enough");
});
