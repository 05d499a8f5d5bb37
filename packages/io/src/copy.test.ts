/** Copies of random files, with and without holes, to every kind of target, with fs as oracle. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type CopyAsyncOptions, type CopyResult, copy, copySync } from "./copy.ts";
import { copyByFs, copyByFsSync } from "./copy-by-fs.ts";
import type { CopyProgress } from "./copy-watch.ts";

const root = fs.mkdtempSync(join(tmpdir(), "crossbill-io-copy-"));
afterAll(() => fs.rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(root, "folder-"));
});
const at = (name: string) => join(folder, name);
const write = (name: string, content: Uint8Array | string, mode = 0o644) => {
  fs.writeFileSync(at(name), content);
  fs.chmodSync(at(name), mode);
  return at(name);
};

interface Paths {
  readonly from: string;
  readonly to: string;
  readonly exclusive?: boolean;
}

const transfer = ({ from, to, exclusive = false }: Paths) => ({
  ...{ from, to, exclusive, reflink: "auto" as const, mode: undefined },
  progress: new BigUint64Array(2),
});

/** All ways to copy, each as a promise of the bytes copied. */
const ways = {
  copy: async ({ from, to, exclusive = false }: Paths) =>
    (await copy(from, to, { exclusive })).bytes,
  copySync: async ({ from, to, exclusive = false }: Paths) =>
    copySync(from, to, { exclusive }).bytes,
  copyByFs: (paths: Paths) => copyByFs(transfer(paths), new AbortController().signal),
  copyByFsSync: async (paths: Paths) => copyByFsSync(transfer(paths)),
};

const KIB = 1024;
/** A file's parts, each a hole or so many bytes. */
const parts = fc.array(
  fc.record({
    isHole: fc.boolean(),
    bytes: fc.oneof(
      fc.nat(100),
      fc.nat(40).map((count) => count * 4 * KIB),
    ),
  }),
  { maxLength: 12 },
);

function writeParts(path: string, list: readonly { isHole: boolean; bytes: number }[]): void {
  const fd = fs.openSync(path, "w");
  let offset = 0;
  for (const [index, { isHole, bytes }] of list.entries()) {
    if (!isHole) fs.writeSync(fd, Buffer.alloc(bytes, index + 1), 0, bytes, offset);
    offset += bytes;
  }
  fs.ftruncateSync(fd, offset);
  fs.closeSync(fd);
}

describe.each(Object.entries(ways))("%s", (_name, way) => {
  it("copies content and permissions, to a new place or over a file", async () => {
    await fc.assert(
      fc.asyncProperty(parts, fc.boolean(), fc.nat(0o777), async (list, isThere, mode) => {
        const [from, to] = [at("from"), at("to")];
        writeParts(from, list);
        fs.chmodSync(from, mode | 0o400);
        if (isThere) fs.writeFileSync(to, Buffer.alloc(99 * KIB, 255));
        const content = fs.readFileSync(from);
        expect(await way({ from, to })).toBe(content.length);
        expect(fs.readFileSync(to).equals(content)).toBe(true);
        expect(fs.statSync(to).mode & 0o777).toBe(mode | 0o400);
        expect(fs.readdirSync(folder).toSorted()).toEqual(["from", "to"]);
        fs.rmSync(to);
        fs.rmSync(from);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses the same file, by whichever name, and keeps it", async () => {
    const from = write("from", "content");
    fs.symlinkSync("from", at("symbolic"));
    fs.linkSync(from, at("hard"));
    for (const to of ["from", "symbolic", "hard"])
      await expect(way({ from, to: at(to) })).rejects.toMatchObject({ code: "ERR_SAME_FILE" });
    await expect(way({ from: at("symbolic"), to: at("hard") })).rejects.toMatchObject({
      code: "ERR_SAME_FILE",
    });
    expect(fs.readFileSync(from, "utf8")).toBe("content");
    expect(fs.readdirSync(folder)).toHaveLength(3);
  });

  it("refuses folders, and what is not there", async () => {
    const from = write("from", "content");
    const missing = at("missing");
    await expect(way({ from, to: folder })).rejects.toMatchObject({ code: "EISDIR" });
    await expect(way({ from: folder, to: missing })).rejects.toMatchObject({ code: "EISDIR" });
    await expect(way({ from: missing, to: at("to") })).rejects.toMatchObject({ code: "ENOENT" });
    await expect(way({ from, to: join(missing, "to") })).rejects.toMatchObject({ code: "ENOENT" });
    expect(fs.readdirSync(folder)).toEqual(["from"]);
  });

  it("is exclusive when asked to be: what is there stays, a link that leads nowhere too", async () => {
    const from = write("from", "content", 0o640);
    const paths = { from, to: at("to"), exclusive: true };
    expect(await way(paths)).toBe(7);
    expect(fs.statSync(at("to")).mode & 0o777).toBe(0o640);
    fs.writeFileSync(at("to"), "other");
    await expect(way(paths)).rejects.toMatchObject({ code: "EEXIST" });
    expect(fs.readFileSync(at("to"), "utf8")).toBe("other");
    fs.symlinkSync("nowhere", at("link"));
    await expect(way({ ...paths, to: at("link") })).rejects.toMatchObject({ code: "EEXIST" });
    expect(fs.readlinkSync(at("link"))).toBe("nowhere");
  });
});

describe.each(Object.entries(ways))("%s, where files are special,", (name, way) => {
  it("follows a link to the file that it replaces, and leaves other names of that alone", async () => {
    const from = write("from", "content");
    fs.mkdirSync(at("deep"));
    write("deep/file", "old");
    fs.linkSync(at("deep/file"), at("hard"));
    fs.symlinkSync("deep/file", at("link"));
    expect(await way({ from, to: at("link") })).toBe(7);
    expect(fs.readlinkSync(at("link"))).toBe("deep/file");
    expect(fs.readFileSync(at("deep/file"), "utf8")).toBe("content");
    expect(fs.readFileSync(at("hard"), "utf8")).toBe("old");
    expect(fs.readdirSync(at("deep"))).toEqual(["file"]);
  });

  it("copies what has no size: files of /proc and /sys", async () => {
    const version = fs.readFileSync("/proc/version", "utf8");
    expect(await way({ from: "/proc/version", to: at("proc") })).toBe(version.length);
    expect(fs.readFileSync(at("proc"), "utf8")).toBe(version);
    const setting = "/sys/kernel/mm/transparent_hugepage/enabled";
    expect(fs.statSync(setting).size).toBe(4096);
    await way({ from: setting, to: at("sys") });
    expect(fs.readFileSync(at("sys"), "utf8")).toBe(fs.readFileSync(setting, "utf8"));
  });

  it("writes to a device as it is", async () => {
    expect(await way({ from: write("from", "content"), to: "/dev/null" })).toBe(7);
    expect(fs.statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  if (!name.endsWith("Sync"))
    it("copies from a pipe and to one", async () => {
      const content = Buffer.alloc(300 * KIB + 7, "0123456789");
      execFileSync("mkfifo", [at("pipe")]);
      const reading = way({ from: at("pipe"), to: at("to") });
      await fs.promises.writeFile(at("pipe"), content);
      expect(await reading).toBe(content.length);
      expect(fs.readFileSync(at("to")).equals(content)).toBe(true);
      const reader = await fs.promises.open(at("pipe"), "r+");
      const writing = way({ from: at("to"), to: at("pipe") });
      const got = Buffer.alloc(content.length);
      for (let begin = 0; begin < got.length; )
        begin += (await reader.read(got, begin, got.length - begin, null)).bytesRead;
      expect(got.equals(content)).toBe(true);
      expect(await writing).toBe(content.length);
      await reader.close();
    });
});

describe("a copy", () => {
  const blocks = (path: string) => fs.statSync(path).blocks;

  it("keeps holes", async () => {
    await fc.assert(
      fc.asyncProperty(parts, async (list) => {
        writeParts(at("from"), list);
        fs.rmSync(at("to"), { force: true });
        await copy(at("from"), at("to"));
        expect(fs.readFileSync(at("to")).equals(fs.readFileSync(at("from")))).toBe(true);
        expect(blocks(at("to"))).toBeLessThanOrEqual(blocks(at("from")));
      }),
      { numRuns: 40 },
    );
  });

  it("of 5 GiB, most of it holes, is whole and small", async () => {
    const GIB = 2 ** 30;
    const places = [0, 3 * GIB + 1, 5 * GIB - 3];
    const fd = fs.openSync(at("from"), "w");
    for (const place of places) fs.writeSync(fd, "abc", place);
    fs.ftruncateSync(fd, 5 * GIB + 23);
    fs.closeSync(fd);
    const told: CopyProgress[] = [];
    const { bytes } = await copy(at("from"), at("to"), { onProgress: (now) => told.push(now) });
    expect(bytes).toBe(5 * GIB + 23);
    expect(fs.statSync(at("to")).size).toBe(bytes);
    expect(blocks(at("to"))).toBeLessThanOrEqual(blocks(at("from")));
    const copied = fs.openSync(at("to"), "r");
    for (const place of places) {
      const piece = Buffer.alloc(5);
      fs.readSync(copied, piece, 0, 5, place);
      expect(piece.toString()).toBe("abc\0\0");
    }
    fs.closeSync(copied);
    expect(told.at(-1)).toEqual({ bytes, total: bytes });
  });

  it("has names of 255 bytes, which need not be UTF-8", async () => {
    const name = Buffer.concat([Buffer.from(at("/")), Buffer.alloc(255, 0xe9)]);
    write("from", "content");
    await copy(at("from"), name);
    expect(fs.readFileSync(name, "utf8")).toBe("content");
    copySync(name, at("again"));
    expect(fs.readFileSync(at("again"), "utf8")).toBe("content");
    copyByFsSync({ ...transfer({ from: at("from"), to: "" }), to: name });
    expect(fs.readdirSync(folder)).toHaveLength(3);
  });

  it("has the permissions asked for, whatever the umask", () => {
    const umask = process.umask(0o077);
    copySync(write("from", "content", 0o4755), at("to"), { mode: 0o666 });
    copySync(at("from"), at("kept"));
    process.umask(umask);
    expect(fs.statSync(at("to")).mode & 0o7777).toBe(0o666);
    expect(fs.statSync(at("kept")).mode & 0o7777).toBe(0o755);
  });

  it("takes the place of a link that leads nowhere", async () => {
    fs.symlinkSync("nowhere", at("link"));
    await copy(write("from", "content"), at("link"));
    expect(fs.lstatSync(at("link")).isFile()).toBe(true);
  });
});

describe("what is said of a copy", () => {
  it("is by what it was made, and what refused to move less", () => {
    const from = write("from", "content");
    const { mechanism, why } = copySync(from, at("to"));
    expect(["reflink", "copy_file_range"]).toContain(mechanism);
    if (mechanism === "copy_file_range") expect(why).toContain("reflink: ENOTSUP");
    expect(copySync(from, at("to"), { reflink: "never" }).why).not.toContain("reflink");
    expect(copySync("/proc/version", at("to")).mechanism).toBe("read-write");
  });

  it("is that blocks must be shared and cannot be", async () => {
    const always: CopyAsyncOptions = { reflink: "always" };
    await expect(copy("/proc/version", at("to"), always)).rejects.toMatchObject({
      name: "IoError",
      syscall: "ioctl",
      path: at("to"),
    });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it("is the file whose failure it is", () => {
    const from = write("from", "content");
    const missing = at("missing/to");
    expect(() => copySync(from, missing)).toThrow(expect.objectContaining({ path: missing }));
    expect(() => copySync(missing, from)).toThrow(expect.objectContaining({ path: missing }));
  });

  it.each([
    ["", "to"],
    ["from\0", "to"],
    ["from", "to\0"],
    [5, "to"],
    ["from", null],
  ])("is that %j to %j is no copy", async (from, to) => {
    await expect(Reflect.apply(copy, null, [from, to])).rejects.toThrow();
    expect(() => Reflect.apply(copySync, null, [from, to])).toThrow();
  });

  it.each([{ mode: 0o1000 }, { mode: -1 }, { mode: 1.5 }, { reflink: "maybe" }])(
    "is that %j is no option",
    (options) => {
      const from = write("from", "content");
      const call = () => Reflect.apply(copySync, null, [from, at("to"), options]);
      expect(call).toThrow(RangeError);
    },
  );
});

describe("copies", () => {
  it("leave no descriptor open", async () => {
    const count = () => fs.readdirSync("/proc/self/fd").length;
    const from = write("from", "content");
    const before = count();
    for (let turn = 0; turn < 23; turn++) {
      await copy(from, at("to"));
      await copy(from, from).catch(() => {});
      await copy(from, folder).catch(() => {});
      await copy(from, at("missing/to")).catch(() => {});
      await copy("/proc/version", at("to"), { reflink: "always" }).catch(() => {});
    }
    expect(count()).toBe(before);
  });
});

describe("a copy that ends early", () => {
  const reason = new Error("enough");
  const big = () => write("from", Buffer.alloc(64 * KIB * KIB, 1));

  it("has its signal's reason, and leaves the target as it was", async () => {
    const from = big();
    write("to", "old");
    const controller = new AbortController();
    const copying = copy(from, at("to"), { signal: controller.signal });
    controller.abort(reason);
    await expect(copying).rejects.toBe(reason);
    await expect(copy(from, at("to"), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(copyByFs(transfer({ from, to: at("new") }), controller.signal)).rejects.toBe(
      reason,
    );
    expect(fs.readFileSync(at("to"), "utf8")).toBe("old");
    expect(fs.readdirSync(folder).toSorted()).toEqual(["from", "to"]);
  });

  it("need not wait for the other end of a pipe", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const controller = new AbortController();
    const copying: Promise<CopyResult> = copy(at("pipe"), at("to"), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(copying).rejects.toBe(reason);
    await expect(copy(write("from", "x"), at("pipe"))).rejects.toMatchObject({ code: "ENXIO" });
    expect(fs.readdirSync(folder).toSorted()).toEqual(["from", "pipe"]);
  });

  it("has what onProgress throws", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const onProgress = () => {
      throw reason;
    };
    await expect(copy(at("pipe"), at("to"), { onProgress })).rejects.toBe(reason);
    expect(fs.readdirSync(folder)).toEqual(["pipe"]);
  });
});
