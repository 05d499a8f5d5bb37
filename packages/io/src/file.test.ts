/** Pieces of random files, read and written by each mechanism, with fs as oracle. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Mechanism, mechanisms } from "./choice.ts";
import { IoError } from "./errors.ts";
import { type File, open, openSync } from "./file.ts";
import { native } from "./native.ts";
import type { Ranges } from "./ranges.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

let names = 0;
function fileOf(content: Uint8Array | string): string {
  const path = join(folder, `file-${names++}`);
  fs.writeFileSync(path, content);
  return path;
}

/** What fs delivers of each piece. */
function oracle(path: string, ranges: readonly (readonly [number, number])[]): Buffer[] {
  const fd = fs.openSync(path, "r");
  const pieces = ranges.map(([offset, length]) => {
    const piece = Buffer.alloc(length);
    return piece.subarray(0, fs.readSync(fd, piece, 0, length, offset));
  });
  fs.closeSync(fd);
  return pieces;
}

const range = (size: number) =>
  fc.tuple(
    fc.oneof(fc.nat(size + 100), fc.nat(60)),
    fc.oneof(fc.nat(80), fc.nat(9000), fc.constant(0)),
  );
const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .tuple(fc.integer({ min: 1, max: 40_000 }), fc.nat(255))
    .map(([size, seed]) =>
      Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed + (at >> 8)) & 255),
    ),
);
const situation = content.chain((bytes) =>
  fc.record({
    bytes: fc.constant(bytes),
    ranges: fc.array(range(bytes.length), { maxLength: 40 }),
  }),
);

const all: (Mechanism | undefined)[] = [undefined, ...mechanisms];

it("has its native part here, or these tests would only try fs", () => {
  expect(native()).not.toBeNull();
});

describe.each(all)("readScatter by %s", (mechanism) => {
  const options = mechanism === undefined ? {} : { mechanism };

  it("delivers what fs delivers, back to back and into Buffers of their own", async () => {
    await fc.assert(
      fc.asyncProperty(situation, async ({ bytes, ranges }) => {
        const path = fileOf(bytes);
        const pieces = oracle(path, ranges);
        const whole = Buffer.concat(pieces);
        const lengths = new Float64Array(ranges.length);
        using file = await open(path);
        expect(file.readScatterSync(ranges, undefined, { ...options, lengths })).toEqual(whole);
        expect([...lengths]).toEqual(pieces.map((piece) => piece.length));
        expect(await file.readScatter(new Float64Array(ranges.flat()), undefined, options)).toEqual(
          whole,
        );
        const own = ranges.map(([, length]) => Buffer.alloc(length));
        expect(await file.readScatter(ranges, own, options)).toBe(whole.length);
        const filled = own.map((one, index) => one.subarray(0, lengths[index]));
        expect(Buffer.concat(filled)).toEqual(whole);
        const one = Buffer.alloc(whole.length + 5, 7);
        expect(file.readScatterSync(ranges, one, options)).toBe(whole.length);
        expect(one).toEqual(Buffer.concat([whole, Buffer.alloc(5, 7)]));
        fs.rmSync(path);
      }),
      { numRuns: 40 },
    );
  });

  it("sees a file that grew, and one that shrank between two calls", async () => {
    const path = fileOf("0123456789");
    using file = await open(path);
    const read = async () => String(await file.readScatter([[8, 8]], undefined, options));
    expect(await read()).toBe("89");
    fs.appendFileSync(path, "abcdef".repeat(3000));
    expect(await read()).toBe("89abcdef");
    fs.truncateSync(path, 9);
    expect(await read()).toBe("8");
  });

  it("reads a file of 5 GiB with a hole before its end", async () => {
    const path = fileOf("");
    const size = 5 * 2 ** 30;
    const fd = fs.openSync(path, "r+");
    fs.writeSync(fd, "end", size - 3);
    fs.closeSync(fd);
    using file = openSync(path);
    const ranges = [
      [size - 3, 100],
      [3 * 2 ** 30 + 1, 2],
    ] as const;
    expect(String(file.readScatterSync(ranges, undefined, options))).toBe("end\0\0");
  });

  it("is ended by its signal", async () => {
    const path = fileOf(Buffer.alloc(1 << 20));
    using file = await open(path);
    const reason = new Error("enough");
    await expect(
      file.readScatter([[0, 1]], undefined, { ...options, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const controller = new AbortController();
    const ranges = Array.from({ length: 200_000 }, () => [0, 4096] as const);
    const buffer = Buffer.allocUnsafeSlow(4096);
    const into = ranges.map(() => buffer);
    const reading = file.readScatter(ranges, into, { ...options, signal: controller.signal });
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});

describe("writeGather", () => {
  it("writes what fs would write in the same order", async () => {
    await fc.assert(
      fc.asyncProperty(situation, fc.boolean(), async ({ bytes, ranges }, isSync) => {
        const [ours, theirs] = [fileOf(bytes), fileOf(bytes)];
        const from = ranges.map(([, length], index) => Buffer.alloc(length, index + 1));
        const fd = fs.openSync(theirs, "r+");
        for (const [index, [offset]] of ranges.entries())
          if (from[index]?.length) fs.writeSync(fd, from[index], 0, from[index].length, offset);
        fs.closeSync(fd);
        using file = await open(ours, { flags: "r+" });
        const total = Buffer.concat(from);
        const written = isSync
          ? file.writeGatherSync(ranges, total)
          : await file.writeGather(ranges, from);
        expect(written).toBe(total.length);
        expect(fs.readFileSync(ours)).toEqual(fs.readFileSync(theirs));
        fs.rmSync(ours);
        fs.rmSync(theirs);
      }),
      { numRuns: 50 },
    );
  });

  it("writes 3,001 neighbours, more than one call of the kernel takes", async () => {
    const path = fileOf("");
    using file = await open(path, { flags: "r+" });
    const ranges = Array.from({ length: 3001 }, (_, index) => [index * 2, 2] as const);
    const from = ranges.map((_, index) => Buffer.from(index.toString(36).slice(-2).padStart(2)));
    await file.writeGather(ranges, from);
    expect(fs.readFileSync(path)).toEqual(Buffer.concat(from));
  });

  it("tells what was written before it failed", async () => {
    const path = fileOf("");
    using file = openSync(path);
    await expect(file.writeGather([[0, 3]], Buffer.from("abc"))).rejects.toMatchObject({
      name: "IoError",
      code: "EBADF",
      bytesWritten: 0,
      path,
    });
  });
});

describe("a bad argument", () => {
  it.each([
    "[[-1, 2]]",
    "[[1, -2]]",
    "[[1.5, 2]]",
    "[[null, 2]]",
    "[[9007199254740991, 1]]",
    "[[1]]",
    '[["0", "1"]]',
    '"ranges"',
  ])("is refused: %s", (text) => {
    using file = openSync(fileOf("0123456789"));
    const ranges: Ranges = JSON.parse(text);
    expect(() => file.readScatterSync(ranges)).toThrow(/range/);
  });

  it("is refused: an odd list, and no number", () => {
    using file = openSync(fileOf("0123456789"));
    expect(() => file.readScatterSync(new Float64Array(3))).toThrow(RangeError);
    expect(() => file.readScatterSync(new Float64Array([Number.NaN, 1]))).toThrow(RangeError);
  });

  it("is refused: memory too small, in all or for a piece", async () => {
    using file = openSync(fileOf("0123456789"));
    expect(() => file.readScatterSync([[0, 4]], Buffer.alloc(3))).toThrow(RangeError);
    const small = [Buffer.alloc(4), Buffer.alloc(3)];
    const ranges = [
      [0, 4],
      [4, 4],
    ] as const;
    await expect(file.readScatter(ranges, small)).rejects.toThrow(RangeError);
    await expect(file.readScatter(ranges, small.slice(1))).rejects.toThrow();
    expect(() =>
      file.readScatterSync([[0, 4]], undefined, { lengths: new Float64Array(0) }),
    ).toThrow(RangeError);
  });

  it("is refused: memory that its owner could give back while another thread fills it", async () => {
    using file = openSync(fileOf("0123456789"));
    const resizable = new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 }));
    const code = "ERR_INVALID_ARG_VALUE";
    for (const into of [resizable, [resizable]]) {
      await expect(file.readScatter([[0, 4]], into)).rejects.toMatchObject({ code });
      await expect(file.writeGather([[0, 4]], into)).rejects.toMatchObject({ code });
      expect(file.readScatterSync([[0, 4]], into)).toBe(4);
    }
  });
});

describe("open and close", () => {
  it("fails as fs does, with a code, a call and a path", async () => {
    const path = join(folder, "missing");
    const missing = { name: "IoError", code: "ENOENT", syscall: "open", path };
    await expect(open(path)).rejects.toMatchObject(missing);
    expect(() => openSync(path)).toThrow(expect.objectContaining(missing));
    await expect(open(folder)).rejects.toMatchObject({ code: "EISDIR" });
    expect(() => openSync("/dev/null")).toThrow(
      expect.objectContaining({ code: "ERR_NOT_A_FILE" }),
    );
  });

  it("closes once, after what is under way, and refuses what comes later", async () => {
    const file = await open(fileOf(Buffer.alloc(8 << 20, 1)));
    const reading = file.readScatter([[0, 8 << 20]], undefined, { mechanism: "pread" });
    const closed = file.close();
    await expect(file.readScatter([[0, 1]])).rejects.toMatchObject({ code: "ERR_CLOSED" });
    expect((await reading).every((byte) => byte === 1)).toBe(true);
    await closed;
    await file.close();
    expect(() => file.readScatterSync([[0, 1]])).toThrow(IoError);
  });

  it("leaves no descriptor open", async () => {
    const count = () => fs.readdirSync("/proc/self/fd").length;
    const path = fileOf("x");
    const before = count();
    for (let turn = 0; turn < 23; turn++) {
      using file = await open(path);
      using other = openSync(path);
      await file.readScatter([[0, 1]]);
      other.readScatterSync([[0, 1]]);
    }
    expect(count()).toBe(before);
  });
});

describe("many and large calls", () => {
  let file: File;
  const page = (index: number) => index % 251;
  beforeAll(() => {
    const bytes = Buffer.alloc(24 << 20);
    for (let at = 0; at < bytes.length; at += 4096) bytes.fill(page(at / 4096), at, at + 4096);
    file = openSync(fileOf(bytes));
  });
  afterAll(() => file.close());

  it("runs 10,000 at a time", async () => {
    const results = await Promise.all(
      Array.from({ length: 10_000 }, (_, index) =>
        file.readScatter([[(index % 6000) * 4096, 2]], undefined, {
          mechanism: index % 2 === 0 ? "uring" : "mapping",
        }),
      ),
    );
    for (const [index, result] of results.entries())
      expect([...result]).toEqual([page(index % 6000), page(index % 6000)]);
  });

  it.each(all)("copies 20 MiB, which two threads share, by %s", async (mechanism) => {
    const ranges = Array.from(
      { length: 5003 },
      (_, index) => [((index * 7919) % 6000) * 4096 + 5, 4081] as const,
    );
    const options = mechanism === undefined ? {} : { mechanism };
    const bytes = await file.readScatter(ranges, undefined, options);
    for (const [index, [offset]] of ranges.entries()) {
      const piece = bytes.subarray(index * 4081, (index + 1) * 4081);
      expect(piece.equals(Buffer.alloc(4081, page((offset - 5) / 4096)))).toBe(true);
    }
  });

  it.each(all)(
    "fills 20,011 Buffers, more than are looked at in one turn, by %s",
    async (mechanism) => {
      const ranges = Array.from({ length: 20_011 }, (_, at) => [(at % 6000) * 4096, 3] as const);
      const into = ranges.map(() => Buffer.alloc(3));
      const options = mechanism === undefined ? {} : { mechanism };
      expect(await file.readScatter(ranges, into, options)).toBe(3 * 20_011);
      expect(into.every((piece, at) => piece.equals(Buffer.alloc(3, page(at % 6000))))).toBe(true);
    },
  );

  it("works by the list as it was when the call was made", async () => {
    const flat = new Float64Array(Array.from({ length: 5003 }, () => [4096, 1]).flat());
    const pairs: [number, number][] = Array.from({ length: 5003 }, () => [4096, 1]);
    const reads = [file.readScatter(flat), file.readScatter(pairs)];
    flat.fill(Number.NaN);
    for (const pair of pairs) pair[0] = -1;
    for (const read of reads) expect(await read).toEqual(Buffer.alloc(5003, page(1)));
  });

  it("explains the last call and the next", () => {
    file.readScatterSync([[0, 10]], undefined, { mechanism: "pread" });
    expect(file.explain()).toMatchObject({ mechanism: "pread", estimatedNs: null });
    const ranges = Array.from({ length: 5000 }, (_, index) => [index * 4096, 64] as const);
    file.readScatterSync(ranges);
    expect(file.explain(ranges)).toMatchObject({ resident: 1, mechanism: "mapping" });
  });
});
