/** Files of @crossbill/io in processes of their own: truncated under them, at the end, out of descriptors. */
import * as fs from "node:fs";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { IoPrograms } from "./io-program.ts";

const programs = new IoPrograms("file");
afterAll(() => programs.remove());

let files = 0;

/** Runs a program that has the library and `path`, a file of `mebibytes` times a MiB of 1. */
async function runProgram(
  text: string,
  { mebibytes = 1, before = "", environment = {} }: Setting = {},
): Promise<{ stdout: string; stderr: string }> {
  const path = join(programs.folder, `file-${files++}`);
  fs.writeFileSync(path, Buffer.alloc(mebibytes << 20, 1));
  return await programs.run(`const { open, openSync } = io;\n${text}`, {
    ...{ values: { path }, before, environment },
  });
}

interface Setting {
  readonly mebibytes?: number;
  /** Shell commands before the program. */
  readonly before?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

it.each(["mapping", "uring", "through", "pread"])(
  "a file truncated while %s reads it is an error, not the end of the process",
  async (mechanism) => {
    const { stdout } = await runProgram(
      `const file = openSync(path);
      const ranges = Array.from({ length: 4096 }, (_, at) => [(at * 4096) % (16 << 20), 4096]);
      const codes = new Set();
      for (let turn = 0; turn < 400 && !codes.has("ERR_TRUNCATED"); turn++) {
        fs.truncateSync(path, 16 << 20);
        const reading = file.readScatter(ranges, undefined, { mechanism: "${mechanism}" });
        for (let wait = 0; wait < (turn % 20) * 1000; wait++);
        fs.truncateSync(path, 4096);
        await reading.catch((error) => codes.add(error.code));
      }
      console.log([...codes].join());`,
      { mebibytes: 16 },
    );
    expect(stdout).toBe("ERR_TRUNCATED\n");
  },
);

it("a SIGBUS that is not ours still ends the process, as it would without us", async () => {
  const ended = runProgram(
    `openSync(path).readScatterSync([[0, 4096]], undefined, { mechanism: "mapping" });
    process.kill(process.pid, "SIGBUS");
    setTimeout(() => {}, 10_000);`,
  );
  await expect(ended).rejects.toMatchObject({ signal: "SIGBUS" });
});

it("process.exit with reads under way ends the process with its own status", async () => {
  const ended = runProgram(
    `const file = openSync(path);
    const ranges = Array.from({ length: 2000 }, () => [0, 65536]);
    for (const mechanism of ["mapping", "uring", "through", "pread"])
      for (let turn = 0; turn < 5; turn++) void file.readScatter(ranges, undefined, { mechanism });
    setImmediate(() => process.exit(23));`,
  );
  await expect(ended).rejects.toMatchObject({ code: 23, stderr: "" });
});

it("worker threads read, and may be ended amid it", async () => {
  const { stdout } = await runProgram(
    `import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
    import { fileURLToPath } from "node:url";
    const sum = (bytes) => bytes.reduce((a, b) => a + b, 0);
    if (isMainThread) {
      const work = (isEnded) => new Promise((resolve, reject) => {
        const worker = new Worker(fileURLToPath(import.meta.url), { workerData: isEnded });
        worker.on("message", (value) => isEnded ? worker.terminate().then(resolve) : resolve(value));
        worker.on("error", reject);
      });
      const sums = await Promise.all([work(false), work(true), work(false)]);
      console.log(sums[0], sums[2]);
      console.log(sum(await openSync(path).readScatter([[0, 23]])));
    } else {
      const file = openSync(path);
      let total = 0;
      for (const mechanism of ["mapping", "uring", "pread"])
        total += sum(await file.readScatter([[3, 1009]], undefined, { mechanism }));
      const ranges = Array.from({ length: 1000 }, () => [0, 65536]);
      if (workerData) for (let turn = 0; turn < 20; turn++) void file.readScatter(ranges);
      parentPort.postMessage(total);
    }`,
  );
  expect(stdout).toBe("3027 3027\n23\n");
});

it("a forgotten file is closed, and its program told", async () => {
  const { stdout, stderr } = await runProgram(
    `const links = () => fs.readdirSync("/proc/self/fd").map((fd) => {
      try { return fs.readlinkSync("/proc/self/fd/" + fd); } catch { return ""; }
    });
    const count = () => links().filter((link) => link === path).length;
    (() => { for (let turn = 0; turn < 7; turn++) openSync(path).readScatterSync([[0, 1]]); })();
    for (let turn = 0; turn < 50 && count() > 0; turn++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(count());`,
  );
  expect(stdout).toBe("0\n");
  expect(stderr.match(/CROSSBILL_FORGOTTEN_FILE/g)).toHaveLength(7);
});

it("mappings and memory go with their files: nothing is left of 1,009 of them", async () => {
  const { stdout } = await runProgram(
    `const maps = () => fs.readFileSync("/proc/self/maps", "utf8").split(path).length - 1;
    for (let turn = 0; turn < 1009; turn++) {
      const file = openSync(path);
      await file.readScatter([[turn, 4096]], undefined, { mechanism: "mapping" });
      await file.close();
    }
    for (let turn = 0; turn < 50 && maps() > 0; turn++) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log(maps());`,
  );
  expect(stdout).toBe("0\n");
});

it("without a descriptor left for a ring the next mechanism reads, and says so", async () => {
  const { stdout } = await runProgram(
    `const file = openSync(path);
    const taken = [];
    try { for (;;) taken.push(fs.openSync(path)); } catch (error) { console.log(error.code); }
    const failed = await file.readScatter([[0, 5], [99, 2]], undefined, { mechanism: "uring" })
      .catch((error) => error.code);
    const bytes = await file.readScatter([[0, 5], [99, 2]]);
    console.log(failed, bytes.length);`,
    { before: "ulimit -n 64;" },
  );
  expect(stdout).toBe("EMFILE\nEMFILE 7\n");
});

it("without the native part fs reads the same, and the explanation says why", async () => {
  const { stdout } = await runProgram(
    `const file = openSync(path);
    console.log((await file.readScatter([[5, 10], [1 << 20, 5]])).length, file.explain().mechanism, file.explain().why);
    console.log(file.readScatterSync([[0, 3]]).length);`,
    { environment: { CROSSBILL_IO_NATIVE: "0" } },
  );
  expect(stdout).toBe("10 fs CROSSBILL_IO_NATIVE is 0\n3\n");
});

it("a full disk is told with the bytes that are in the file", async () => {
  const { stdout } = await runProgram(
    `const target = await open(process.env.FULL + "/file", { flags: "w+" });
    const ranges = [[0, 65536], [65536, 65536], [131072, 1 << 20]];
    const failure = await target.writeGather(ranges, Buffer.alloc((1 << 20) + 131072, 7))
      .catch((error) => error);
    const kept = fs.readFileSync(process.env.FULL + "/file");
    console.log(failure.code, failure.bytesWritten === kept.length, kept.length > 131072,
      kept.every((byte) => byte === 7));`,
    {
      before: `mkdir "$FULL"
        unshare -m bash -c 'mount -t tmpfs -o size=512k none "$FULL"; exec "$0" "$1"' "$0" "$1"
        exit;`,
      environment: { FULL: join(programs.folder, "full") },
    },
  );
  expect(stdout).toBe("ENOSPC true true true\n");
});
