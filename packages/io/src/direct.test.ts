/** Files opened with O_DIRECT: pieces at any places, with fs as oracle. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { openSync } from "./file.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-direct-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const path = join(folder, "file");

const KIB = 1024;
const { O_DIRECT, O_RDONLY, O_RDWR } = fs.constants;
const place = (most: number) =>
  fc.oneof(
    fc.nat(most),
    fc.nat(most / 512).map((block) => block * 512),
  );
const ranges = fc.array(fc.tuple(place(210 * KIB), place(40 * KIB)), { maxLength: 12 });
const contentOf = (size: number) =>
  Buffer.from(Uint8Array.from({ length: size }, (_, at) => (at * 31 + (at >> 9)) & 255));

it.each([undefined, "mapping", "uring", "through", "pread"] as const)(
  "are read by %s as fs reads them",
  async (mechanism) => {
    const options = mechanism === undefined ? {} : { mechanism };
    await fc.assert(
      fc.asyncProperty(ranges, place(200 * KIB), async (list, size) => {
        const content = contentOf(size);
        fs.writeFileSync(path, content);
        const expected = Buffer.concat(
          list.map(([offset, length]) => content.subarray(offset, offset + length)),
        );
        using file = openSync(path, { flags: O_RDONLY | O_DIRECT });
        expect((await file.readScatter(list, undefined, options)).equals(expected)).toBe(true);
        expect(file.readScatterSync(list, undefined, options).equals(expected)).toBe(true);
      }),
      { numRuns: 25 },
    );
  },
);

it("are written as fs writes them", async () => {
  await fc.assert(
    fc.asyncProperty(ranges, place(200 * KIB), async (list, size) => {
      const content = contentOf(size);
      fs.writeFileSync(path, content);
      const end = Math.max(size, ...list.filter(([, length]) => length > 0).map(([a, b]) => a + b));
      const expected = Buffer.concat([content, Buffer.alloc(end - size)]);
      for (const [index, [offset, length]] of list.entries())
        if (length > 0) expected.fill(index + 1, offset, offset + length);
      const from = list.map(([, length], index) => Buffer.alloc(length, index + 1));
      using file = openSync(path, { flags: O_RDWR | O_DIRECT });
      const bytes = from.reduce((sum, { length }) => sum + length, 0);
      expect(await file.writeGather(list, from)).toBe(bytes);
      expect(fs.readFileSync(path).equals(expected)).toBe(true);
      expect(file.readScatterSync([[0, end]]).equals(expected)).toBe(true);
    }),
    { numRuns: 25 },
  );
});

it("are read in more than one batch: 20 MiB in one piece, and 5,003 pieces", async () => {
  const content = contentOf(20 * KIB * KIB + 77);
  fs.writeFileSync(path, content);
  using file = openSync(path, { flags: O_RDONLY | O_DIRECT });
  expect((await file.readScatter([[3, content.length]])).equals(content.subarray(3))).toBe(true);
  const list = Array.from(
    { length: 5003 },
    (_, index) => [(index * 7919 * 512) % 20_000_000, 99] as const,
  );
  const expected = Buffer.concat(list.map(([offset]) => content.subarray(offset, offset + 99)));
  expect((await file.readScatter(list)).equals(expected)).toBe(true);
  expect(file.explain()?.mechanism).not.toBe("mapping");
});
