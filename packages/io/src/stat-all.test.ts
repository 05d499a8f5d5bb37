/** Statuses of random lists of paths, by the native part and without it, with fs as oracle. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import type { Statuses } from "./stat-all.ts";
import type { FileStatus } from "./status-columns.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-stat-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const at = (name: string) => join(folder, name);
fs.writeFileSync(at("file"), "twelve bytes");
fs.writeFileSync(at("é€"), "");
fs.writeFileSync(at("n".repeat(255)), "long");
fs.mkdirSync(at("folder"));
fs.symlinkSync("file", at("link"));
fs.symlinkSync("nowhere", at("broken"));
fs.symlinkSync("loop", at("loop"));
fs.linkSync(at("file"), at("second name"));
fs.utimesSync(at("second name"), 1_700_000_000.123_456, -12.5);
const fd = fs.openSync(at("sparse"), "w");
fs.writeSync(fd, "x", 5 * 2 ** 30);
fs.closeSync(fd);
const raw = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff, 0xfe])]);
fs.writeFileSync(raw, "bytes");

type Path = Statuses["paths"][number];
const paths = fc.array(
  fc.constantFrom<Path>(
    ...["file", "é€", "n".repeat(255), "folder", "link", "broken", "loop", "sparse"].map(at),
    ...["second name", "missing", "file/below", "n".repeat(256), "a/".repeat(2100)].map(at),
    ...["", ".", "/dev/null", raw, Buffer.from(at("é€"))],
  ),
  { maxLength: 30 },
);

/** What fs says of a path. */
function oracle(path: Path, follow: boolean): unknown {
  try {
    const status = (follow ? fs.statSync : fs.lstatSync)(path);
    const { size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs, dev, mode, nlink, uid, gid } =
      status;
    const ino = BigInt(status.ino);
    const kinds = kindsOf(status);
    return {
      ...{ path, kinds, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs },
      ...{ dev, mode, nlink, uid, gid, ino },
    };
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return { path, code: error.code };
  }
}

const kindsOf = (status: Omit<FileStatus, "ino" | "errno">) => [
  status.isFile(),
  status.isDirectory(),
  status.isSymbolicLink(),
  status.isFIFO(),
  status.isSocket(),
  status.isBlockDevice(),
  status.isCharacterDevice(),
];

const load = async (way: string) => {
  vi.resetModules();
  vi.stubEnv("CROSSBILL_IO_NATIVE", way === "fs" ? "0" : "1");
  return await import("./stat-all.ts");
};

describe.each(["native", "fs"])("statAll by %s", (way) => {
  it("tells of each path what fs tells, at its place", async () => {
    const { statAll, statAllSync } = await load(way);
    await fc.assert(
      fc.asyncProperty(paths, fc.boolean(), async (list, followSymlinks) => {
        const expected = list.map((path) => oracle(path, followSymlinks));
        for (const statuses of [
          await statAll(list, { followSymlinks }),
          statAllSync(list, { followSymlinks }),
        ]) {
          const told = [...statuses].map((one) => {
            const { path, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs } = one;
            const { dev, mode, nlink, uid, gid, ino, error } = one;
            if (error !== null) return { path, code: error.code };
            const kinds = kindsOf(one);
            return {
              ...{ path, kinds, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs },
              ...{ dev, mode, nlink, uid, gid, ino },
            };
          });
          expect(told).toEqual(expected);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("keeps the order of 5,003 paths, more than one thread takes at a time", async () => {
    const { statAll, statAllSync } = await load(way);
    const kinds = ["file", "folder", "missing"];
    const list = Array.from({ length: 5003 }, (_, index) => at(kinds[(index * 7) % 3] ?? ""));
    for (const statuses of [await statAll(list), statAllSync(list)]) {
      expect(statuses.length).toBe(5003);
      for (const [index, one] of [...statuses].entries()) {
        const kind = kinds[(index * 7) % 3];
        expect(one.path).toBe(list[index]);
        expect([one.isFile(), one.isDirectory(), one.errno !== 0]).toEqual(
          kinds.map((name) => name === kind),
        );
        expect(statuses.columns.sizes[index]).toBe(statuses.at(index)?.size);
      }
      expect(statuses.at(5003)).toBeUndefined();
    }
  });
});

describe.each(["native", "fs"])("a failure of statAll by %s", (way) => {
  it("is worded as the rest of the package does", async () => {
    const { statAll } = await load(way);
    const [one] = await statAll([at("missing")]);
    expect(one?.error).toMatchObject({ name: "IoError", code: "ENOENT", syscall: "stat" });
    expect(one?.error?.message).toBe(`ENOENT: no such file or directory, stat '${at("missing")}'`);
  });

  it("is that of the caller for what is no path, by its place", async () => {
    const { statAll, statAllSync } = await load(way);
    for (const wrong of ["a\0b", Buffer.from("a\0b")]) {
      const list = [at("file"), wrong];
      const refused = { name: "TypeError", code: "ERR_INVALID_ARG_VALUE" };
      await expect(statAll(list)).rejects.toMatchObject(refused);
      expect(() => statAllSync(list)).toThrow("the path at 1 has a NUL byte inside");
    }
    const number: string[] = JSON.parse("[1]");
    await expect(statAll(number)).rejects.toMatchObject({ code: "ERR_INVALID_ARG_TYPE" });
  });
});

describe.each(["native", "fs"])("a call of statAll by %s", (way) => {
  it("is ended by its signal, and works by its own copy of the list", async () => {
    const { statAll } = await load(way);
    const reason = new Error("enough");
    await expect(statAll([at("file")], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const many = Array.from({ length: 100_003 }, () => at("file"));
    const asking = statAll(many, { signal: controller.signal });
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
    const list = [at("file"), at("folder")];
    const kept = statAll(list);
    list.length = 0;
    expect([...(await kept)].map((one) => one.isDirectory())).toEqual([false, true]);
  });

  it("says how it asked", async () => {
    const { statAll, statAllSync } = await load(way);
    const expected = way === "fs" ? ["fs", "fs"] : ["threads", "inline"];
    const told = [(await statAll([])).explain(), statAllSync([]).explain()];
    expect(told.map(({ mechanism }) => mechanism)).toEqual(expected);
    expect(told[0]?.why).toContain(way === "fs" ? "CROSSBILL_IO_NATIVE" : "threads");
  });
});
