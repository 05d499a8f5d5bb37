/** Parts of files as memory, with what fs reads as oracle; how they are let go; what is refused. */
import { constants } from "node:buffer";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { type MapSyncOptions, map, mapSync } from "./map.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-map-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
const path = join(folder, "file");

const bytesOf = (size: number) => Buffer.from(Array.from({ length: size }, (_, at) => at % 251));

/** Writes into the file in place. */
function writeAt(position: number, text: string): void {
  const fd = fs.openSync(path, "r+");
  fs.writeSync(fd, text, position);
  fs.closeSync(fd);
}

/** Every hint alone and together: none changes the bytes. */
const anyOptions: fc.Arbitrary<MapSyncOptions> = fc.record(
  {
    mode: fc.constantFrom("mapping" as const, "copy" as const),
    offset: fc.oneof(fc.nat(30_000), fc.constantFrom(0, 4095, 4096, 8192)),
    length: fc.oneof(fc.nat(30_000), fc.constantFrom(0, 1, 4096)),
    populate: fc.boolean(),
    sequential: fc.boolean(),
    random: fc.boolean(),
    hugePages: fc.boolean(),
    lock: fc.boolean(),
  },
  { requiredKeys: [] },
);

describe("a mapped file", () => {
  it("has the bytes of the part that was asked for, cut at the file's end", async () => {
    const all = bytesOf(20_011);
    fs.writeFileSync(path, all);
    await fc.assert(
      fc.asyncProperty(anyOptions, async (options) => {
        const { offset = 0, length = all.length } = options;
        const part = all.subarray(offset, offset + length);
        using atOnce = mapSync(path, options);
        expect(atOnce.buffer.equals(part)).toBe(true);
        expect(atOnce.mode).toBe(options.mode ?? "mapping");
        using mapped = await map(Buffer.from(path), options);
        await mapped.prefetch([[offset, length]]);
        expect(mapped.buffer.equals(part)).toBe(true);
        expect(mapped.isTruncated).toBe(false);
        mapped.check();
      }),
      { numRuns: 100 },
    );
  });

  it("is empty for an empty file, and for a part behind the end", () => {
    fs.writeFileSync(path, "");
    expect(mapSync(path).buffer).toHaveLength(0);
    fs.writeFileSync(path, "some");
    const behind = mapSync(path, { offset: 4 });
    behind.prefetchSync();
    expect(behind.buffer).toHaveLength(0);
    behind.close();
  });

  it("is private: the file never gets what is written", () => {
    fs.writeFileSync(path, "as it was");
    using mapped = mapSync(path);
    mapped.buffer.write("changed");
    mapped.flushSync();
    expect(fs.readFileSync(path, "utf8")).toBe("as it was");
    expect(mapped.buffer.toString()).toBe("changedas");
  });

  it("is the file's own memory when it is shared, in both directions", async () => {
    fs.writeFileSync(path, "as it was");
    using mapped = await map(path, { access: "shared", offset: 3 });
    mapped.buffer.write("IS");
    expect(fs.readFileSync(path, "utf8")).toBe("as IS was");
    await mapped.flush([[0, 2]]);
    writeAt(0, "by others");
    expect(mapped.buffer.toString()).toBe("others");
  });

  it("reads more than one buffer holds by parts", () => {
    fs.writeFileSync(path, "");
    fs.truncateSync(path, 2 ** 33 + 7);
    writeAt(2 ** 33, "the end");
    using mapped = mapSync(path, { offset: 2 ** 33 - 1, random: true });
    expect(mapped.buffer.toString("latin1")).toBe("\0the end");
  });
});

describe("when it is closed", () => {
  it("all that was made of its memory is empty, and it is not to be used", async () => {
    fs.writeFileSync(path, bytesOf(5000));
    const mapped = await map(path);
    const { buffer } = mapped;
    const part = buffer.subarray(10, 20);
    mapped.close();
    mapped.close();
    expect([buffer.length, part.length, buffer.buffer.byteLength]).toEqual([0, 0, 0]);
    for (const use of [() => mapped.buffer, () => mapped.isTruncated, () => mapped.flushSync()])
      expect(use).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
    await expect(mapped.prefetch()).rejects.toMatchObject({ code: "ERR_CLOSED" });
  });

  it("its address space is given back in the next turns of the event loop, not by a collection", async () => {
    const alone = join(folder, "alone");
    fs.writeFileSync(alone, bytesOf(5000));
    const mappings = () => fs.readFileSync("/proc/self/maps", "utf8").split(alone).length - 1;
    const mapped = await map(alone);
    expect(mappings()).toBe(1);
    mapped.close();
    for (let turn = 0; turn < 7; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(mappings()).toBe(0);
  });

  it("a prefetch under way ends well", async () => {
    fs.writeFileSync(path, Buffer.alloc(8 << 20, 1));
    const mapped = await map(path);
    const prefetching = mapped.prefetch();
    mapped.close();
    await prefetching;
  });

  it("a copy stays", () => {
    fs.writeFileSync(path, "copied");
    const copied = mapSync(path, { mode: "copy" });
    const { buffer } = copied;
    copied.close();
    expect(buffer.toString()).toBe("copied");
  });
});

describe("what cannot be mapped", () => {
  it("is told with its cause", async () => {
    execFileSync("mkfifo", [join(folder, "pipe")]);
    fs.writeFileSync(path, "file");
    for (const [from, code] of [
      [join(folder, "missing"), "ENOENT"],
      [folder, "EISDIR"],
      ["/proc/self/status", "ERR_NOT_MAPPABLE"],
      ["/dev/null", "ERR_NOT_MAPPABLE"],
      [join(folder, "pipe"), "ERR_NOT_MAPPABLE"],
    ] as const) {
      expect(() => mapSync(from)).toThrow(expect.objectContaining({ code, path: from }));
      await expect(map(from)).rejects.toMatchObject({ code, path: from });
    }
    expect(mapSync("/proc/self/status", { mode: "copy" }).buffer.length).toBeGreaterThan(0);
  });

  it("is refused beyond the largest buffer, which in newer versions of Node no file reaches", () => {
    const size = 2 ** 43;
    fs.writeFileSync(path, "");
    fs.truncateSync(path, size);
    if (size <= constants.MAX_LENGTH) {
      const mapped = mapSync(path, { random: true });
      expect(mapped.buffer).toHaveLength(size);
      expect(mapped.buffer[size - 1]).toBe(0);
      mapped.close();
    } else {
      expect(() => mapSync(path)).toThrow(expect.objectContaining({ code: "ERR_TOO_LARGE" }));
    }
    fs.truncateSync(path, 0);
  });

  it("wrong options are refused before anything is opened", async () => {
    const wrong: [object, RegExp][] = [
      [{ access: "read" }, /access is/],
      [{ mode: "both" }, /mode is/],
      [{ mode: "copy", access: "shared" }, /cannot be shared/],
      [{ offset: -1 }, /offset must be/],
      [{ offset: 0.5 }, /offset must be/],
      [{ length: Number.NaN }, /length must be/],
      [{ offset: 2 ** 52, length: 2 ** 52 + 1 }, /length must be/],
    ];
    for (const [options, message] of wrong) {
      expect(() => mapSync(join(folder, "missing"), options)).toThrow(message);
      await expect(map(join(folder, "missing"), options)).rejects.toThrow(message);
    }
  });

  it("ends by its signal", async () => {
    const reason = new Error("enough");
    fs.writeFileSync(path, "file");
    await expect(map(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    using mapped = await map(path);
    await expect(mapped.prefetch(undefined, { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });

  it("without the native part only copies are had, and the error says what to do", async () => {
    vi.resetModules();
    vi.stubEnv("CROSSBILL_IO_NATIVE", "0");
    const io = await import("./map.ts");
    fs.writeFileSync(path, "copied");
    expect(() => io.mapSync(path)).toThrow(expect.objectContaining({ code: "ERR_NO_NATIVE" }));
    expect((await io.map(path, { mode: "copy" })).buffer.toString()).toBe("copied");
    vi.unstubAllEnvs();
  });
});
