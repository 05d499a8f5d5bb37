/** Faults of the file system, made by one of our own (programs/faulty-disk.c) or by a seccomp filter. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { IoPrograms } from "./io-program.ts";
import { buildProgram, removeFolders } from "./recorder-process.ts";

const programs = new IoPrograms("faults");
const disk = join(programs.folder, "disk");
let faultyDisk: string;
let refusing: string;
beforeAll(() => {
  mkdirSync(disk);
  faultyDisk = buildProgram("faulty-disk");
  refusing = buildProgram("refusing");
});
afterAll(() => {
  programs.remove();
  removeFolders();
});

const MIB = 2 ** 20;
const HALF = MIB / 2;
/** As the library names them; "mapping" cannot be had of files that go past the page cache. */
const reading = ["through", "pread", "fs"];

/** What a program prints, each value as JSON, that has the faulty disk before it. */
async function told(
  text: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<unknown[]> {
  const before = `const tell = (value) => console.log(JSON.stringify(value));
    const codeOf = (call) => Promise.resolve().then(call).then(() => "fine", (error) =>
      error instanceof io.IoError ? error.code : String(error));
    const right = (bytes, offset) => bytes.every((byte, at) => byte === Math.floor((offset + at) / 4096) % 251);
    const descriptors = () => fs.readdirSync("/proc/self/fd").length;
    `;
  const setting = { values: { disk, ...values }, wrapper: [faultyDisk, disk] };
  const { stdout } = await programs.run(before + text, setting);
  return stdout.split("\n", stdout.split("\n").length - 1).map((line): unknown => JSON.parse(line));
}

it("EIO is told by whichever mechanism, and what can be read is read", async () => {
  const results = await told(
    `const file = await io.open(disk + "/broken");
    const ranges = [[5, 100], [half - 4096, 4096], [half + 4096, 10], [half + 8192, 4096]];
    for (const mechanism of ["mapping", ...reading])
      tell([
        mechanism,
        await codeOf(() => file.readScatter(ranges, undefined, { mechanism })),
        await codeOf(() => file.readScatterSync([[half, 1]], undefined, { mechanism })),
        right(file.readScatterSync([[half - 4096, 4096]], undefined, { mechanism }), half - 4096),
        right(await file.readScatter([[half + 8192, 9000]], undefined, { mechanism }), half + 8192),
      ]);
    tell(await codeOf(() => file.readScatter(ranges)));`,
    { half: HALF, reading },
  );
  const expected = ["mapping", ...reading].map((name) => [name, "EIO", "EIO", true, true]);
  expect(results).toEqual([...expected, "EIO"]);
});

it("EIO ends a stream, lines and a whole file, and leaves no descriptor", async () => {
  const [left, bytes, ...codes] = await told(
    `const drain = async (items) => { for await (const item of items) bytes += item.length; };
    let bytes = 0;
    const path = disk + "/broken";
    await io.copy(disk + "/good", "/dev/null"); // The pool and the event loop have theirs by now.
    await io.readFile(disk + "/good");
    const before = descriptors();
    const codes = [
      await codeOf(() => drain(io.readStream(path, { chunkBytes: 65536 }))),
      await codeOf(async () => { for await (const line of io.lines(path)) void line; }),
      await codeOf(() => io.readFile(path)),
      await codeOf(async () => io.readFileSync(path)),
    ];
    const after = descriptors();
    tell(after - before);
    tell(bytes);
    codes.forEach(tell);`,
  );
  expect(left).toBe(0);
  expect(bytes).toBe(HALF);
  expect(codes).toEqual(["EIO", "EIO", "EIO", "EIO"]);
});

it("EIO of one path is that path's, the others are told", async () => {
  const results = await told(
    `for (const name of ["good", "lost", "missing", "short"]) names.push(disk + "/" + name);
    for (const status of await io.statAll(names)) tell([status.error?.code ?? null, status.size]);`,
    { names: [] },
  );
  const failed = (code: string) => [code, expect.anything()];
  expect(results).toEqual([[null, MIB], failed("EIO"), failed("ENOENT"), [null, MIB]]);
});

it.each(["short", "interrupted"])(
  "%s reads are gone on with until all is there, and no mapping is needed",
  async (name) => {
    const results = await told(
      `const file = await io.open(disk + "/" + name);
      const ranges = [[70_001, 5000], [3, 10], [1 << 19, 40_000]];
      const isRight = (bytes) => bytes.length === 45_010 && right(bytes.subarray(0, 5000), 70_001) &&
        right(bytes.subarray(5000, 5010), 3) && right(bytes.subarray(5010), 1 << 19);
      for (const mechanism of reading)
        tell([mechanism, isRight(await file.readScatter(ranges, undefined, { mechanism })),
          isRight(file.readScatterSync(ranges, undefined, { mechanism }))]);
      tell(isRight(await file.readScatter(ranges)));
      tell(file.explain().mechanism);
      for (const mechanism of ["mapping", "uring"])
        tell(await codeOf(() => file.readScatter(ranges, undefined, { mechanism })));
      const { bytes, mechanism } = await io.copy(disk + "/" + name, folder + "/copied-" + name);
      tell([bytes, mechanism, right(fs.readFileSync(folder + "/copied-" + name), 0)]);`,
      { name, folder: programs.folder, reading: name === "short" ? reading : reading.slice(0, 2) },
    );
    const count = name === "short" ? 3 : 2;
    expect(results.slice(0, count)).toEqual(
      reading.slice(0, count).map((mechanism) => [mechanism, true, true]),
    );
    const [isRight, chosen, unmapped, unasked, copied] = results.slice(count);
    expect(isRight).toBe(true);
    expect(["through", "pread"]).toContain(chosen);
    // The kernel reads such files wrongly by io_uring: see scatter-uring.c.
    expect([unmapped, unasked]).toEqual(["ENODEV", "ENOTSUP"]);
    expect(copied).toEqual([MIB, expect.anything(), true]);
  },
);

it("a size that changes under the reader is told", async () => {
  for (const mechanism of ["through", "pread"])
    expect(
      await told(
        `const file = await io.open(disk + "/shrinking");
        const ranges = [[0, 10], [1 << 19, 4096], [(1 << 19) + 70_000, 10]];
        tell(await codeOf(() => file.readScatter(ranges, undefined, { mechanism })));
        tell(await codeOf(() => file.readScatter(ranges, undefined, { mechanism })));
        tell((await file.readScatter(ranges)).length);`,
        { mechanism },
      ),
    ).toEqual([expect.stringMatching(/^(ERR_TRUNCATED|fine)$/), "fine", 10]);
  const [code, names] = await told(
    `tell(await codeOf(() => io.copy(disk + "/shrinking", folder + "/shrunk")));
    tell(fs.readdirSync(folder).filter((name) => /shrunk|crossbill-copy/.test(name)));`,
    { folder: programs.folder },
  );
  expect([code, names]).toEqual(["ERR_TRUNCATED", []]);
});

it("ENOSPC and EIO of writes are told with what is written", async () => {
  const results = await told(
    `const writing = async (name, offset) => {
      const file = await io.open(disk + "/" + name, { flags: "r+" });
      const failure = await file.writeGather([[0, 7], [offset, 1 << 18], [1 << 19, 5]],
        Buffer.alloc((1 << 18) + 12)).catch((error) => error);
      const beyond = failure.bytesWritten - (1 << 18);
      tell([failure.name, failure.code, name === "worn" ? failure.bytesWritten : beyond >= 0 && beyond < 12]);
    };
    await writing("full", 7);
    await writing("worn", 7);`,
  );
  expect(results).toEqual([
    ["IoError", "ENOSPC", true],
    ["IoError", "EIO", 0],
  ]);
});

it("EIO of a copy is its source's or its target's, also when that is closed", async () => {
  const results = await told(
    `const { folder } = values;
    const copying = (from, to) => io.copy(from, to).catch((error) => [error.code, error.path]);
    tell(await copying(disk + "/broken", folder + "/copied"));
    tell(await copying(disk + "/good", disk + "/made"));
    tell(fs.existsSync(disk + "/made"));
    tell(fs.readdirSync(folder).filter((name) => /copied$|crossbill-copy/.test(name)));`,
    { values: { folder: programs.folder } },
  );
  expect(results).toEqual([["EIO", `${disk}/broken`], ["EIO", `${disk}/made`], false, []]);
});

it.each([
  ["uring", "uring", "EPERM"],
  ["mapping", "mapping", "EPERM"],
])("where %s is refused the next mechanism reads, and says so", async (refused, forced, code) => {
  const path = join(programs.folder, "refused");
  const { stdout } = await programs.run(
    `fs.writeFileSync(path, Buffer.alloc(1 << 20, 7));
    const ranges = Array.from({ length: 400 }, (_, at) => [at * 2048, 64]);
    const file = await io.open(path);
    const failure = await file.readScatter(ranges, undefined, { mechanism: forced })
      .catch((error) => error);
    console.log(failure.name, failure.code);
    const fd = fs.openSync(path, "r+");
    fs.fsyncSync(fd);
    fs.closeSync(fd);
    for (let turn = 0; turn < 3; turn++) {
      const bytes = await file.readScatter(ranges);
      console.log(bytes.length, bytes.every((byte) => byte === 7), file.explain().mechanism !== forced);
    }
    console.log(file.explain().why);`,
    { values: { path, forced }, wrapper: [refusing, refused] },
  );
  const [failure, ...reads] = stdout.trimEnd().split("\n");
  expect(failure).toBe(`IoError ${code}`);
  expect(reads.slice(0, 3)).toEqual(Array(3).fill("25600 true true"));
  if (refused === "mapping") expect(reads[3]).toContain("no mapping");
});
