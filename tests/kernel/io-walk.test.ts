/** Trees of folders walked in processes of their own: too deep, unreadable, vanishing, out of descriptors. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-walk-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const entry = join(import.meta.dirname, "../../packages/io/dist/index.js");
const run = promisify(execFile);
let programs = 0;

interface Setting {
  /** Shell commands before the program. */
  readonly before?: string;
  /** What runs it. */
  readonly by?: string;
}

/** Runs a program that has the library, `root`, an empty folder, and some words for it. */
async function runProgram(text: string, { before = "", by = "" }: Setting = {}): Promise<string> {
  const root = join(folder, `root-${programs}`);
  fs.mkdirSync(root);
  const program = join(folder, `program-${programs++}.mjs`);
  fs.writeFileSync(
    program,
    `import { walk } from ${JSON.stringify(entry)};
    import * as fs from "node:fs";
    const root = ${JSON.stringify(root)};
    const gather = async (options, from = root) => {
      const told = [];
      for await (const { name, error } of walk(from, options))
        told.push(error === null ? name : name + " " + error.code);
      return told;
    };
    const descriptors = () => fs.readdirSync("/proc/self/fd").length;
    /** Takes all descriptors but so many. */
    const leave = (count) => {
      const taken = [];
      for (;;)
        try {
          taken.push(fs.openSync("/dev/null"));
        } catch {
          break;
        }
      for (const fd of taken.splice(0, count)) fs.closeSync(fd);
      return () => taken.forEach((fd) => fs.closeSync(fd));
    };
    ${text}`,
  );
  const command = `${before} exec ${by} "$0" "$1"`;
  const { stdout } = await run("bash", ["-c", command, process.execPath, program], {
    maxBuffer: 16 << 20,
  });
  fs.rmSync(root, { recursive: true, force: true });
  return stdout;
}

/** A tree far deeper than a path can be long, with a file beside each folder. */
const plantDeep = `process.chdir(root);
  const levels = 701;
  for (let level = 0; level < levels; level++) {
    fs.writeFileSync("file", "x");
    fs.mkdirSync("level-of-the-tree");
    process.chdir("level-of-the-tree");
  }
  process.chdir("/");`;
const uproot = `import("node:child_process").then((it) => it.execFileSync("rm", ["-rf", root]));`;

it("walks 701 levels, three times as deep as a path can be long, in a few descriptors", async () => {
  const stdout = await runProgram(
    `${plantDeep}
    await gather({ depth: 1 });
    console.log("The library and what it needs is loaded.");
    const before = descriptors();
    for (const sorted of [false, true]) {
      let most = 0;
      let longest = 0;
      const depths = new Set();
      for await (const entry of walk(root, { sorted })) {
        if (entry.error !== null) console.log(entry.error.message);
        depths.add(entry.depth + entry.name);
        longest = Math.max(longest, entry.path.length - root.length);
        most = Math.max(most, descriptors() - before);
      }
      console.log(depths.size, longest, most < 60, descriptors() - before);
    }
    const free = leave(3);
    const told = await gather();
    free();
    console.log(told.length, told.filter((name) => name.includes(" ")));
    ${uproot}`,
    { before: "ulimit -n 200;" },
  );
  const longest = 701 * "/level-of-the-tree".length;
  const expected = `1402 ${longest} true 0\n`;
  expect(stdout.split("\n").slice(1).join("\n")).toBe(`${expected}${expected}1402 []\n`);
});

it("tells of each folder that descriptors are lacking for, and of all else", async () => {
  const stdout = await runProgram(
    `for (const name of ["a", "b"]) fs.mkdirSync(root + "/" + name);
    fs.writeFileSync(root + "/file", "");
    fs.writeFileSync(root + "/a/below", "");
    await gather();
    const all = [];
    for (const count of [2, 1, 0]) {
      const free = leave(count);
      all.push(await gather({ sorted: true }).catch((error) => error.code));
      free();
    }
    console.log(JSON.stringify(all));`,
    { before: "ulimit -n 64;" },
  );
  expect(JSON.parse(stdout)).toEqual([
    ["a", "below", "b", "file"],
    ["a EMFILE", "b EMFILE", "file"],
    "EMFILE",
  ]);
});

it.runIf(process.getuid?.() === 0)("tells of what it may not read, and goes on", async () => {
  const stdout = await runProgram(
    `fs.mkdirSync(root + "/closed/below", { recursive: true });
    fs.mkdirSync(root + "/blind");
    fs.writeFileSync(root + "/blind/hidden", "x");
    fs.writeFileSync(root + "/open", "x");
    fs.chmodSync(root + "/closed", 0o300);
    fs.chmodSync(root + "/blind", 0o744);
    await gather();
    process.setgroups([]);
    process.setgid(65534);
    process.setuid(65534);
    console.log(JSON.stringify(await gather({ sorted: true })));
    for await (const { name, mode } of walk(root)) if (name === "closed") console.log((mode & 0o777).toString(8));
    await gather({}, root + "/closed").catch((error) => console.log(error.code));`,
    { before: `chmod 755 ${folder};` },
  );
  const told = ["blind", "hidden EACCES", "closed EACCES", "open"];
  expect(stdout).toBe(`${JSON.stringify(told)}\n300\nEACCES\n`);
});

it.runIf(process.getuid?.() === 0)("tells of a mount, and stays out of it if told so", async () => {
  const stdout = await runProgram(
    `fs.mkdirSync(root + "/mount");
    fs.writeFileSync(root + "/file", "");
    const { execFileSync } = await import("node:child_process");
    execFileSync("mount", ["-t", "tmpfs", "none", root + "/mount"]);
    fs.writeFileSync(root + "/mount/below", "");
    console.log(JSON.stringify(await gather({ sorted: true })));
    console.log(JSON.stringify(await gather({ sorted: true, sameFileSystem: true })));
    const mounted = fs.statSync(root + "/mount").dev;
    for await (const { name, dev } of walk(root)) if (name === "mount") console.log(dev === mounted);
    execFileSync("umount", [root + "/mount"]);`,
    { by: "unshare --mount" },
  );
  expect(stdout).toBe('["file","mount","below"]\n["file","mount"]\ntrue\n');
});

it("goes on while folders vanish: what stays is told once, what went at most with ENOENT", async () => {
  const stdout = await runProgram(
    `for (let at = 0; at < 41; at++) {
      const path = root + "/" + (at % 2 === 0 ? "stays-" : "goes-") + at;
      fs.mkdirSync(path + "/below", { recursive: true });
      for (let file = 0; file < 53; file++) fs.writeFileSync(path + "/below/file-" + file, "");
    }
    const stayed = [];
    const codes = new Set();
    let isFirst = true;
    for await (const { path, error } of walk(root)) {
      if (path.includes("/stays-")) stayed.push(path);
      else if (error !== null) codes.add(error.code);
      if (isFirst)
        for (const name of fs.readdirSync(root))
          if (name.startsWith("goes-")) fs.rmSync(root + "/" + name, { recursive: true });
      isFirst = false;
    }
    codes.delete("ENOENT");
    console.log(stayed.length, new Set(stayed).size, [...codes].join());`,
  );
  expect(stdout).toBe(`${21 * 55} ${21 * 55} \n`);
});

it("asks for no more than some batches ahead of whoever takes them", async () => {
  const stdout = await runProgram(
    `const all = 12_007;
    for (let at = 0; at < all; at++) fs.writeFileSync(root + "/" + at, "");
    const batches = walk(root).batches();
    const { value } = await batches.next();
    let found = value.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let at = 0; at < all; at++) fs.rmSync(root + "/" + at);
    for await (const batch of batches)
      for (const { error } of batch) found += error === null ? 1 : 0;
    console.log(found > 2000 && found < 10_000);`,
  );
  expect(stdout).toBe("true\n");
});

it("asks the kernel once for each of 1,009 files, as strace sees it", async () => {
  const trace = join(folder, "trace");
  await runProgram(
    `for (let at = 0; at < 1009; at++) fs.writeFileSync(root + "/counted-" + at, "");
    await gather();`,
    { by: `strace -f -e trace=statx,newfstatat -o ${trace}` },
  );
  expect(fs.readFileSync(trace, "utf8").match(/stat\w+\(.*"counted-/g)).toHaveLength(1009);
});

it("ends with its process, and with a worker amid it", async () => {
  const stdout = await runProgram(
    `import { Worker, isMainThread, parentPort } from "node:worker_threads";
    import { fileURLToPath } from "node:url";
    for (let at = 0; at < 3; at++) void walk("/usr").batches().next();
    if (isMainThread) {
      for (let turn = 0; turn < 7; turn++)
        await new Promise((resolve, reject) => {
          const worker = new Worker(fileURLToPath(import.meta.url));
          worker.on("message", () => worker.terminate().then(resolve));
          worker.on("error", reject);
        });
      process.stdout.write("walked\\n", () => process.exit(0));
    } else {
      parentPort.postMessage("begun");
    }`,
  );
  expect(stdout).toBe("walked\n");
});
