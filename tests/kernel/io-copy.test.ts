/** Copies in processes of their own: killed, ended, without room, without rights, beside others. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { IoPrograms } from "./io-program.ts";

const programs = new IoPrograms("copy");
afterAll(() => programs.remove());

const MIB = 2 ** 20;
let folder: string;
let from: string;
let to: string;
beforeEach(() => {
  folder = fs.mkdtempSync(join(programs.folder, "folder-"));
  from = join(folder, "from");
  to = join(folder, "to");
});

const names = () => fs.readdirSync(folder).toSorted();
/** What a program prints in the folder of this test. */
const printed = async (text: string, setting: Parameters<IoPrograms["run"]>[1] = {}) =>
  (await programs.run(text, { values: { folder, from, to }, ...setting })).stdout;

it("crosses once for each 16 MiB", () => {
  const pieces = 3;
  fs.writeFileSync(from, Buffer.alloc((pieces - 1) * 16 * MIB + 1, 5));
  const program = join(folder, "program.mjs");
  const entry = join(import.meta.dirname, "../../packages/io/dist/index.js");
  fs.writeFileSync(
    program,
    `import { copySync } from ${JSON.stringify(entry)};
    copySync(${JSON.stringify(from)}, ${JSON.stringify(to)}, { reflink: "never" });`,
  );
  const log = join(folder, "log");
  const calls = "copy_file_range,sendfile,pwrite64";
  spawnSync("strace", ["-f", "-o", log, "-e", `trace=${calls}`, process.execPath, program]);
  const lines = fs.readFileSync(log, "utf8").match(/^\d+ +(copy_file_range|sendfile|pwrite64)\(/gm);
  expect(lines).toHaveLength(pieces);
  expect(fs.readFileSync(to).equals(fs.readFileSync(from))).toBe(true);
});

it("goes between file systems, whose holes stay holes", async () => {
  fs.writeFileSync(from, "begin");
  fs.truncateSync(from, 3 * MIB);
  fs.appendFileSync(from, "end");
  const output = await printed(
    `const shared = fs.mkdtempSync("/dev/shm/crossbill-io-copy-");
    const { mechanism, why } = await io.copy(from, shared + "/to");
    const { size, blocks } = fs.statSync(shared + "/to");
    const isSame = fs.readFileSync(shared + "/to").equals(fs.readFileSync(from));
    fs.rmSync(shared, { recursive: true });
    console.log(mechanism !== "reflink", why.includes("reflink: EXDEV"), size, blocks < 100, isSame);`,
  );
  expect(output).toBe(`true true ${3 * MIB + 3} true true\n`);
});

it("does not copy what the source grows by, and tells when it shrinks", async () => {
  fs.writeFileSync(from, Buffer.alloc(64 * MIB, 1));
  const output = await printed(
    `const size = fs.statSync(from).size;
    const growing = io.copy(from, to);
    const fd = fs.openSync(from, "a");
    fs.writeSync(fd, Buffer.alloc(4096, 2));
    fs.closeSync(fd);
    const { bytes } = await growing;
    const content = fs.readFileSync(to);
    console.log(bytes === content.length, bytes === size || bytes === size + 4096,
      content.subarray(0, size).every((byte) => byte === 1));
    const codes = new Set();
    for (let turn = 0; turn < 200 && !codes.has("ERR_TRUNCATED"); turn++) {
      fs.truncateSync(from, size);
      const shrinking = io.copy(from, to).catch((error) => codes.add(error.code));
      for (let wait = 0; wait < (turn % 20) * 2000; wait++);
      fs.truncateSync(from, 4096);
      await shrinking;
    }
    console.log([...codes].join());`,
  );
  expect(output).toBe("true true true\nERR_TRUNCATED\n");
  expect(names()).toEqual(["from", "to"]);
});

it("leaves the target as it was when its process is killed, and nothing when it exits", async () => {
  fs.writeFileSync(from, Buffer.alloc(128 * MIB, 1));
  fs.writeFileSync(to, "old");
  const killed = printed(
    `void io.copy(from, to);
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 10);`,
  );
  await expect(killed).rejects.toMatchObject({ signal: "SIGKILL" });
  expect(fs.readFileSync(to, "utf8")).toBe("old");
  for (const name of names())
    if (name.startsWith(".crossbill-copy-")) fs.rmSync(join(folder, name));
  const exited = printed(`void io.copy(from, to); setTimeout(() => process.exit(23), 10);`);
  await expect(exited).rejects.toMatchObject({ code: 23, stderr: "" });
  expect(fs.readFileSync(to, "utf8")).toBe("old");
  expect(names()).toEqual(["from", "to"]);
});

it("is whole or not there when its worker is ended", async () => {
  fs.writeFileSync(from, Buffer.alloc(64 * MIB, 1));
  await printed(
    `import { Worker, isMainThread, parentPort } from "node:worker_threads";
    if (isMainThread) {
      const worker = new Worker(new URL(import.meta.url));
      await new Promise((resolve) => worker.once("message", resolve));
      await worker.terminate();
    } else {
      void io.copy(from, to);
      setTimeout(() => parentPort.postMessage("begun"), 5);
    }`,
  );
  if (fs.existsSync(to)) expect(fs.statSync(to).size).toBe(64 * MIB);
  expect(names().filter((name) => name !== "to")).toEqual(["from"]);
});

it("tells of a full disk and of a limit of file sizes, and loses nothing", async () => {
  fs.writeFileSync(from, Buffer.alloc(MIB + 1, 1));
  const failing = `const failure = await io.copy(from, target).catch((error) => error);
    console.log(failure.name, failure.code, failure.path === target);
    console.log(fs.readdirSync(target.replace(/to$/, "")).join(), fs.readFileSync(target, "utf8"));`;
  fs.mkdirSync(join(folder, "full"));
  const mounted = `mount -t tmpfs -o size=512k none ${folder}/full; echo -n old > ${folder}/full/to;`;
  expect(
    await printed(failing, {
      values: { from, target: `${folder}/full/to` },
      wrapper: ["unshare", "-m"],
      before: mounted,
    }),
  ).toBe("IoError ENOSPC true\nto old\n");
  fs.mkdirSync(join(folder, "limited"));
  expect(
    await printed(failing, {
      values: { from, target: `${folder}/limited/to` },
      before: `echo -n old > ${folder}/limited/to; ulimit -f 512;`,
    }),
  ).toBe("IoError EFBIG true\nto old\n");
});

it("tells that there is no descriptor left, and works when there is one again", async () => {
  fs.writeFileSync(from, "content");
  const output = await printed(
    `io.copySync(from, to + "-first"); // Loads the native part.
    const taken = [];
    try { for (;;) taken.push(fs.openSync(from)); } catch {}
    const codes = [];
    for (let free = 0; free < 3; free++) {
      codes.push(await io.copy(from, to).then(() => "copied", (error) => error.code));
      fs.closeSync(taken.pop());
    }
    console.log(codes.join());`,
    { before: "ulimit -n 64;" },
  );
  expect(output).toBe("EMFILE,EMFILE,copied\n");
  expect(names()).toEqual(["from", "to", "to-first"]);
});

it("replaces no file that its user may not write to, and keeps the owner of what root replaces", async () => {
  fs.writeFileSync(from, "content");
  fs.writeFileSync(to, "old");
  fs.chmodSync(folder, 0o777);
  fs.chmodSync(programs.folder, 0o755);
  fs.chmodSync(to, 0o444);
  const output = await printed(
    `io.copySync("/proc/version", folder + "/own"); // Loads the native part.
    fs.chownSync(to, 12345, 54321);
    io.copySync(from, to);
    const { uid, gid } = fs.statSync(to);
    fs.chmodSync(to, 0o644);
    process.setgid(65534);
    process.setuid(65534);
    const failure = await io.copy(from, to).catch((error) => error);
    console.log(uid, gid, failure.code, failure.path === to);`,
  );
  expect(output).toBe("12345 54321 EACCES true\n");
  expect(fs.readFileSync(to, "utf8")).toBe("content");
});

it("makes 1,009 copies at a time", async () => {
  fs.writeFileSync(from, "content");
  const output = await printed(
    `const all = Array.from({ length: 1009 }, (_, index) => io.copy(from, to + index));
    const bytes = (await Promise.all(all)).map((result) => result.bytes);
    const open = fs.readdirSync("/proc/self/fd").length;
    console.log(bytes.length, bytes.every((count) => count === 7), open < 40);`,
  );
  expect(output).toBe("1009 true true\n");
  expect(names()).toHaveLength(1010);
});

it("works without the native part, and says why it does", async () => {
  fs.writeFileSync(from, "content");
  const output = await printed(
    `const told = [];
    console.log((await io.copy(from, to, { onProgress: (now) => told.push(now) })).why);
    console.log(JSON.stringify(told), io.copySync(from, to).mechanism, fs.readFileSync(to, "utf8"));
    console.log(await io.copy(from, to, { reflink: "always" }).catch((error) => error.code));
    console.log(await io.copy(from, from).catch((error) => error.code));
    console.log(await io.copy(from, folder + "/missing/to").catch((error) => error.path));`,
    { environment: { CROSSBILL_IO_NATIVE: "0" } },
  );
  expect(output).toBe(
    `CROSSBILL_IO_NATIVE is 0\n[{"bytes":7,"total":7}] fs content\nERR_NO_NATIVE\nERR_SAME_FILE\n` +
      `${folder}/missing/to\n`,
  );
});
