/** Random trees of folders, walked by the native part and without it, with fs as oracle. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import type { WalkOptions, walk } from "./walk.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-walk-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const load = async (way: string) => {
  vi.resetModules();
  vi.stubEnv("CROSSBILL_IO_NATIVE", way === "fs" ? "0" : "1");
  return await import("./walk.ts");
};

/** Names, as bytes: one of 255 bytes, and two that are not UTF-8. */
const names = ["a", "b.txt", "é€𝒳", ".hidden", "new\nline", "n".repeat(255)].map((name) =>
  Buffer.from(name),
);
names.push(Buffer.from([0xff, 0x41]), Buffer.from([0x61, 0xc3]));

/** A folder's entries: a file of so many bytes, a link to that, or a folder. */
interface Tree {
  readonly entries: readonly (readonly [number, number | string | Tree])[];
}
const links = ["a", "b.txt", ".", "..", "../a", "nowhere", "/dev/null"];
const trees = fc.letrec<{ tree: Tree; content: number | string | Tree }>((tie) => ({
  tree: fc.record({
    entries: fc.uniqueArray(fc.tuple(fc.nat(names.length - 1), tie("content")), {
      maxLength: 6,
      selector: ([name]) => name,
    }),
  }),
  content: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.nat(5000),
    fc.constantFrom(...links),
    tie("tree"),
  ),
}));

const slash = Buffer.from("/");
const below = (path: Buffer, name: Buffer) => Buffer.concat([path, slash, name]);

function plant(path: Buffer, { entries }: Tree): void {
  fs.mkdirSync(path);
  for (const [name, content] of entries) {
    const at = below(path, names[name] ?? Buffer.alloc(0));
    if (typeof content === "number") fs.writeFileSync(at, Buffer.alloc(content));
    else if (typeof content === "string") fs.symlinkSync(content, at);
    else plant(at, content);
  }
}

const codeOf = (error: unknown) =>
  error instanceof Error && "code" in error ? String(error.code) : "no error of fs";

/** What fs says, in the order of a sorted walk; each entry as one line. */
function* oracle(path: Buffer, options: WalkOptions, above: readonly string[]): Generator<string> {
  const status = fs.statSync(path, { bigint: true });
  const way = [...above, `${status.dev}:${status.ino}`];
  for (const name of fs
    .readdirSync(path, { encoding: "buffer" })
    .toSorted((a, b) => a.compare(b))) {
    const at = below(path, name);
    let found = fs.lstatSync(at, { bigint: true });
    let code = "";
    try {
      if (options.followSymlinks === true) found = fs.statSync(at, { bigint: true });
    } catch (error) {
      code = codeOf(error);
    }
    const isEntered = found.isDirectory() && way.length < (options.depth ?? 100);
    if (isEntered && way.includes(`${found.dev}:${found.ino}`)) code = "ELOOP";
    const { size, ino, mode, nlink } = found;
    yield `${at.toString("hex")} ${name.toString("hex")} ${way.length} ${size} ${ino} ${mode} ${nlink} ${code}`;
    if (isEntered && code === "") yield* oracle(at, options, way);
  }
}

/** The same of a walk. */
async function told(entries: ReturnType<typeof walk>): Promise<string[]> {
  const hex = (path: string | Uint8Array) => Buffer.from(path).toString("hex");
  const lines = [];
  for await (const { path, name, depth, size, ino, mode, nlink, error } of entries)
    lines.push(
      `${hex(path)} ${hex(name)} ${depth} ${size} ${ino} ${mode} ${nlink} ${error?.code ?? ""}`,
    );
  return lines;
}

const choices = fc.record(
  {
    sorted: fc.boolean(),
    followSymlinks: fc.boolean(),
    depth: fc.integer({ min: 1, max: 4 }),
    encoding: fc.constantFrom("utf8" as const, "buffer" as const),
    sameFileSystem: fc.constant(true),
  },
  { requiredKeys: [] },
);

describe.each(["native", "fs"])("walk by %s", (way) => {
  it("tells what fs tells of random trees, in order if that is asked for", async () => {
    const { walk } = await load(way);
    let planted = 0;
    await fc.assert(
      fc.asyncProperty(trees.tree, choices, async (tree, options) => {
        const root = Buffer.from(join(folder, `${way}-${planted++}`));
        plant(root, tree);
        const expected = [...oracle(root, options, [])];
        const lines = await told(walk(root, options));
        if (options.sorted === true) expect(lines).toEqual(expected);
        else expect(lines.toSorted()).toEqual(expected.toSorted());
        fs.rmSync(root, { recursive: true });
      }),
      { numRuns: 150 },
    );
  });

  it("tells each of 3,001 files of a folder once, in batches that have the same", async () => {
    const { walk } = await load(way);
    const root = join(folder, `${way}-wide`);
    fs.mkdirSync(join(root, "below"), { recursive: true });
    const expected = Array.from({ length: 3001 }, (_, index) => {
      const path = join(root, index % 7 === 0 ? "below" : "", `file-${index}`);
      fs.writeFileSync(path, "x".repeat(index % 3));
      return `${path} ${index % 3} ${index % 7 === 0 ? 2 : 1}`;
    });
    for (const sorted of [false, true]) {
      const lines = [];
      for await (const batch of walk(root, { sorted }).batches()) {
        expect(batch.length).toBeGreaterThan(0);
        expect([...batch].map(({ path }) => path)).toEqual(
          Array.from({ length: batch.length }, (_, index) => batch.path(index)),
        );
        for (const entry of batch)
          if (entry.isFile()) lines.push(`${entry.path.toString()} ${entry.size} ${entry.depth}`);
        expect(batch.at(batch.length)).toBeUndefined();
      }
      expect(lines.toSorted()).toEqual(expected.toSorted());
    }
  });
});

describe.each(["native", "fs"])("a walk by %s", (way) => {
  it("fails as readdir does when the root cannot be read, each time it is walked", async () => {
    const { walk } = await load(way);
    const missing = join(folder, "missing");
    const walking = walk(missing);
    for (let turn = 0; turn < 2; turn++)
      await expect(told(walking)).rejects.toMatchObject({
        name: "IoError",
        code: "ENOENT",
        path: missing,
      });
    const file = join(folder, `${way}-file`);
    fs.writeFileSync(file, "");
    await expect(told(walk(file))).rejects.toMatchObject({ code: "ENOTDIR" });
    const link = join(folder, `${way}-link`);
    fs.symlinkSync(folder, link);
    expect(await told(walk(link, { depth: 1 }))).toHaveLength(fs.readdirSync(folder).length);
    expect(() => walk(folder, { depth: 0 })).toThrow(RangeError);
    expect(() => walk("a\0b")).toThrow(TypeError);
    expect(() => walk("")).toThrow(TypeError);
  });

  it("is left early, ended by its signal, and leaves no descriptor open", async () => {
    const { walk } = await load(way);
    const open = () => fs.readdirSync("/proc/self/fd").length;
    const before = open();
    for (let turn = 0; turn < 7; turn++)
      for await (const entry of walk("/usr/share")) {
        expect(entry.error).toBeNull();
        break;
      }
    const reason = new Error("enough");
    await expect(told(walk("/usr", { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
    const controller = new AbortController();
    const walking = told(walk("/usr", { signal: controller.signal }));
    setImmediate(() => controller.abort(reason));
    await expect(walking).rejects.toBe(reason);
    expect(open()).toBe(before);
  });

  it("says how it walks", async () => {
    const { walk } = await load(way);
    const { mechanism, threads, why } = walk(".", { sorted: true }).explain();
    expect({ mechanism, threads }).toEqual({
      mechanism: way === "fs" ? "fs" : "threads",
      threads: 1,
    });
    expect(why).toContain(way === "fs" ? "CROSSBILL_IO_NATIVE" : "order");
  });
});
