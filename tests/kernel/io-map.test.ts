/** Mapped files that become shorter or cannot be read: zeros and an error, never the end of the process. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { IoPrograms } from "./io-program.ts";
import { buildProgram, removeFolders } from "./recorder-process.ts";

const programs = new IoPrograms("map");
afterAll(() => {
  programs.remove();
  removeFolders();
});

const PAGES = 1009;
const path = join(programs.folder, "file");
const values = { path, size: PAGES * 4096 };
const before = `fs.writeFileSync(path, Buffer.alloc(size, 1));
const codeOf = async (call) => { try { await call(); return "fine"; } catch (error) { return error.code; } };
`;

async function printed(text: string, setting = {}): Promise<unknown> {
  const { stdout } = await programs.run(before + text, { values, ...setting });
  return JSON.parse(stdout);
}

it.each(["private", "shared"])("a %s mapping of a file that was cut has zeros", async (access) => {
  const result = await printed(
    `const mapped = io.mapSync(path, { access: "${access}" });
    fs.truncateSync(path, 4096 * 7);
    const before = mapped.isTruncated;
    const { buffer } = mapped;
    let ones = 0;
    for (let at = 0; at < size; at += 4096) ones += buffer[at];
    buffer.fill(2, 4096 * 7); // Memory like any other.
    const codes = [
      await codeOf(() => mapped.check()),
      await codeOf(() => mapped.prefetch()),
      await codeOf(() => mapped.prefetchSync([[0, 1]])),
      await codeOf(() => mapped.flush()),
      await codeOf(() => mapped.flushSync([[0, 1]])),
    ];
    mapped.close();
    console.log(JSON.stringify({ before, ones, last: fs.statSync(path).size, codes }));`,
  );
  const codes = Array.from({ length: 5 }, () => "ERR_TRUNCATED");
  expect(result).toEqual({ before: false, ones: 7, last: 4096 * 7, codes });
});

it("a prefetch that meets the cut tells it, though nobody has touched it", async () => {
  const result = await printed(
    `const mapped = await io.map(path);
    fs.truncateSync(path, 0);
    const codes = [await codeOf(() => mapped.prefetch()), await codeOf(() => mapped.check())];
    const again = await io.map(path);
    console.log(JSON.stringify([...codes, again.buffer.length, again.isTruncated]));`,
  );
  expect(result).toEqual(["ERR_TRUNCATED", "ERR_TRUNCATED", 0, false]);
});

it("a flush tells that what was written is lost, though nobody has touched it since", async () => {
  const result = await printed(
    `const codes = [];
    for (const flush of [(mapped) => mapped.flush(), (mapped) => mapped.flushSync([[4096 * 7, 9]])]) {
      fs.writeFileSync(path, Buffer.alloc(size, 1));
      const mapped = io.mapSync(path, { access: "shared" });
      mapped.buffer.fill(2);
      fs.truncateSync(path, 4096 * 7);
      codes.push(await codeOf(() => mapped.flushSync([[0, 4096 * 7]])), mapped.isTruncated);
      codes.push(await codeOf(() => flush(mapped)), mapped.isTruncated);
      mapped.close();
    }
    console.log(JSON.stringify(codes));`,
  );
  const each = ["fine", false, "ERR_TRUNCATED", true];
  expect(result).toEqual([...each, ...each]);
});

it("a system call that is given missing memory fails, and the process lives on", async () => {
  const result = await printed(
    `const { buffer } = await io.map(path);
    fs.truncateSync(path, 0);
    const code = await codeOf(() => fs.writeFileSync(path + "-copy", buffer));
    console.log(JSON.stringify(code));`,
  );
  expect(result).toBe("EFAULT");
});

it("workers and the main thread map and lose pages at once", async () => {
  const worker = join(programs.folder, "worker.mjs");
  const entry = join(import.meta.dirname, "../../packages/io/dist/index.js");
  writeFileSync(
    worker,
    `import { mapSync } from ${JSON.stringify(entry)};
import { parentPort, workerData } from "node:worker_threads";
let broken = 0;
for (let turn = 0; turn < 97; turn++) {
  const mapped = mapSync(workerData);
  const { buffer } = mapped;
  for (let at = 0; at < buffer.length; at += 4096) buffer[at];
  broken += mapped.isTruncated;
  mapped.close();
}
parentPort.postMessage(broken);
`,
  );
  const result = await printed(
    `const { Worker } = await import("node:worker_threads");
    const workers = [1, 2, 3].map(() => new Worker(${JSON.stringify(worker)}, { workerData: path }));
    let left = workers.length;
    for (const one of workers) one.on("message", () => left--);
    let turns = 0;
    while (left > 0) {
      fs.truncateSync(path, turns++ % 2 ? size : 4096);
      const mapped = io.mapSync(path);
      fs.truncateSync(path, 1);
      for (let at = 0; at < mapped.buffer.length; at += 4096) mapped.buffer[at];
      mapped.close();
      await new Promise((resolve) => setImmediate(resolve));
    }
    console.log(JSON.stringify(turns > 0));`,
  );
  expect(result).toBe(true);
});

it("two copies of the native part mend each their own, and other addresses end the process", async () => {
  const addon = join(import.meta.dirname, "../../packages/native/build/crossbill-io.node");
  const result = await printed(
    `const { createRequire } = await import("node:module");
    fs.copyFileSync(${JSON.stringify(addon)}, path + ".node");
    const other = createRequire(import.meta.url)(path + ".node");
    const mapped = io.mapSync(path);
    const mapping = other.mapFileSync(path, 0, size, size, 0, undefined);
    const memory = new Uint8Array(mapping);
    fs.truncateSync(path, 0);
    const sum = mapped.buffer[5] + memory[5] + mapped.buffer[9000] + memory[9000];
    console.log(JSON.stringify([sum, mapped.isTruncated, other.mappingIsTruncated(mapping)]));`,
  );
  expect(result).toEqual([0, true, true]);
  const killed = programs.run(
    `io.mapSync("/proc/self/exe", { length: 1 });
    process.kill(process.pid, "SIGBUS");
    setTimeout(() => {}, 1000);`,
  );
  await expect(killed).rejects.toMatchObject({ signal: "SIGBUS" });
});

it("a page that the disk cannot read is told too", async () => {
  const disk = join(programs.folder, "disk");
  mkdirSync(disk);
  const { stdout } = await programs.run(
    `const mapped = io.mapSync(disk + "/broken");
    const half = ${2 ** 19};
    const bytes = [mapped.buffer[4096], mapped.buffer[half]];
    console.log(JSON.stringify([bytes, mapped.isTruncated]));`,
    { values: { disk }, wrapper: [buildProgram("faulty-disk"), disk] },
  );
  expect(JSON.parse(stdout)).toEqual([[1, 0], true]);
});

it("what is forgotten is unmapped", async () => {
  const result = await printed(
    `const mappings = () => fs.readFileSync("/proc/self/maps", "utf8").split(path).length - 1;
    for (let turn = 0; turn < 997; turn++) io.mapSync(path).buffer[turn];
    for (let turn = 0; turn < 50 && mappings() > 0; turn++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    console.log(JSON.stringify(mappings()));`,
  );
  expect(result).toBe(0);
});
