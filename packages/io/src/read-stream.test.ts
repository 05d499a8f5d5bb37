/** Chunks and lines of random files, with fs as oracle. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { lines } from "./lines.ts";
import { readStream } from "./read-stream.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-stream-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const path = join(folder, "file");
const chunkBytes = fc.integer({ min: 1, max: 50 });
async function gather<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const openDescriptors = () =>
  fs.readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${fd}`) === path;
    } catch {
      return false;
    }
  }).length;

it("delivers the file's bytes in chunks of at most what was asked for, once used or copied", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), chunkBytes, async (bytes, most) => {
      fs.writeFileSync(path, bytes);
      const used: number[] = [];
      for await (const chunk of readStream(path, { chunkBytes: most })) {
        expect(chunk.length).toBeLessThanOrEqual(most);
        used.push(...chunk);
      }
      expect(used).toEqual([...bytes]);
      const kept = [];
      for await (const chunk of readStream(path, { chunkBytes: most, copy: true }))
        kept.push(chunk);
      expect(Buffer.concat(kept)).toEqual(Buffer.from(bytes));
      const web = await new Response(readStream(path, { chunkBytes: most }).toWeb()).arrayBuffer();
      expect([...new Uint8Array(web)]).toEqual([...bytes]);
    }),
  );
});

it("closes the file when it is left early, and reads what has no size", async () => {
  fs.writeFileSync(path, Buffer.alloc(100));
  for await (const chunk of readStream(path, { chunkBytes: 7 })) {
    expect(chunk.length).toBe(7);
    break;
  }
  expect(openDescriptors()).toBe(0);
  const parts = [];
  for await (const chunk of readStream("/proc/self/limits", { copy: true })) parts.push(chunk);
  expect(Buffer.concat(parts).toString()).toContain("Max open files");
});

it("ends while a pipe into which nobody writes is read, when it is left or aborted", async () => {
  const fifo = join(folder, "fifo");
  execFileSync("mkfifo", [fifo]);
  const before = fs.readdirSync("/proc/self/fd").length;
  const left = readStream(fifo)[Symbol.asyncIterator]();
  const asked = left.next();
  await left.return?.();
  expect(await asked).toEqual({ done: true, value: undefined });
  const aborting = new AbortController();
  const aborted = readStream(fifo, aborting)[Symbol.asyncIterator]().next();
  setImmediate(() => aborting.abort(new Error("enough")));
  await expect(aborted).rejects.toThrow("enough");
  expect(fs.readdirSync("/proc/self/fd").length).toBe(before);
});

it("fails as fs does, and with the signal's reason", async () => {
  const missing = readStream(join(folder, "missing"))[Symbol.asyncIterator]();
  await expect(missing.next()).rejects.toMatchObject({ code: "ENOENT", syscall: "open" });
  const isFolder = readStream(folder)[Symbol.asyncIterator]();
  await expect(isFolder.next()).rejects.toMatchObject({ code: "EISDIR", syscall: "read" });
  const signal = AbortSignal.abort(new Error("enough"));
  const aborted = readStream(path, { signal })[Symbol.asyncIterator]();
  await expect(aborted.next()).rejects.toThrow("enough");
  expect(() => readStream(path, { chunkBytes: 0 })).toThrow(RangeError);
});

it("finds the lines that a split of the whole text finds", async () => {
  const text = fc
    .array(fc.constantFrom("a", "é", "\n", "\r\n", "\r", "€uro", ""))
    .map((a) => a.join(""));
  await fc.assert(
    fc.asyncProperty(text, chunkBytes, async (content, most) => {
      fs.writeFileSync(path, content);
      const expected = content.split(/\r?\n/);
      if (expected.at(-1) === "") expected.pop();
      expect(await gather(lines(path, { chunkBytes: most }))).toEqual(expected);
      const raw = await gather(lines(path, { chunkBytes: most, encoding: "buffer" }));
      expect(raw.map(String)).toEqual(expected);
    }),
  );
});

it("answers calls of next in their order, and ends when it is left", async () => {
  fs.writeFileSync(path, "a\nb\nc");
  const three = lines(path, { chunkBytes: 2 })[Symbol.asyncIterator]();
  const asked = await Promise.all([three.next(), three.next(), three.next(), three.next()]);
  expect(asked.map(({ value }) => value)).toEqual(["a", "b", "c", undefined]);
  const left = lines(path, { chunkBytes: 2 })[Symbol.asyncIterator]();
  await left.next();
  await left.return?.();
  expect(await left.next()).toEqual({ done: true, value: undefined });
  expect(openDescriptors()).toBe(0);
});

it("gives nothing more when it was left while a line was asked for", async () => {
  fs.writeFileSync(path, "a\nb\nc");
  const left = lines(path)[Symbol.asyncIterator]();
  const asked = left.next();
  await left.return?.();
  await asked;
  expect(await left.next()).toEqual({ done: true, value: undefined });
  expect(openDescriptors()).toBe(0);
});

it("gives the same lines in batches, none of them empty, each time anew", async () => {
  fs.writeFileSync(path, "\u00e9\nascii\n\n".repeat(997));
  const read = lines(path, { chunkBytes: 4096 });
  for (let turn = 0; turn < 2; turn++) {
    const batches = await gather(read.batches());
    expect(batches.every(({ length }) => length > 0)).toBe(true);
    expect(batches.flat()).toEqual(await gather(read));
    expect(batches.flat()).toHaveLength(3 * 997);
  }
});

it("refuses a bound that is none", () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN, 2 ** 30])
    expect(() => lines(path, { maxBytes })).toThrow(/maxBytes must be/);
});

it("refuses a line beyond the bound, and takes one of just the bound", async () => {
  fs.writeFileSync(path, "12345\r\n123456\n");
  const all = lines(path, { maxBytes: 6, chunkBytes: 3 });
  expect(await gather(all)).toEqual(["12345", "123456"]);
  const refused = gather(lines(path, { maxBytes: 5, chunkBytes: 3 }));
  await expect(refused).rejects.toMatchObject({ code: "ERR_LINE_TOO_LONG", path });
});
