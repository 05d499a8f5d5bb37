/** The package @crossbill/io as npm makes it: in an empty folder, with nothing else of ours. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const workspace = join(import.meta.dirname, "../..");
const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-package-"));
const installed = join(folder, "node_modules/@crossbill/io");
afterAll(() => fs.rmSync(folder, { recursive: true }));

const execute = promisify(execFile);
const npm = (args: readonly string[], cwd: string, environment: NodeJS.ProcessEnv = {}) =>
  execute("npm", [...args, "--offline", "--no-audit", "--no-fund"], {
    cwd,
    env: { ...process.env, ...environment },
  });

beforeAll(async () => {
  await npm(["pack", "--pack-destination", folder], join(workspace, "packages/io"));
  const packed = fs.readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  expect(packed).toHaveLength(1);
  fs.writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await npm(["install", `./${packed[0]}`], folder);
});

/** Runs a program of the folder; what it prints. */
async function run(text: string): Promise<string> {
  fs.writeFileSync(join(folder, "data"), "one\ntwo\nthree\n");
  fs.writeFileSync(join(folder, "program.js"), text);
  return (await execute(process.execPath, ["program.js"], { cwd: folder })).stdout;
}

/** What reads, and why if it is node:fs. */
const mechanism = () =>
  run(`import { openSync } from "@crossbill/io";
    const file = openSync("data");
    const bytes = file.readScatterSync([[4, 3], [0, 3]]);
    const { mechanism, why } = file.explain();
    console.log(bytes.toString(), mechanism === "fs" ? why : "native");
    await file.close();`);

/** All files below a folder. */
const filesOf = (where: string) =>
  fs
    .readdirSync(where, { recursive: true, encoding: "utf8" })
    .filter((name) => fs.statSync(join(where, name)).isFile());

it("holds what it needs and no more, in less than a MiB", () => {
  const files = filesOf(installed);
  expect(files).toEqual(
    expect.arrayContaining(["dist/index.js", "dist/index.d.ts", "native/io/work.c", "README.md"]),
  );
  expect(files.filter((name) => /(?<!\.d)\.ts$|\.map$|\.test\./.test(name))).toEqual([]);
  const bytes = files.map((name) => fs.statSync(join(installed, name)).size);
  expect(bytes.reduce((sum, one) => sum + one)).toBeLessThan(1 << 20);
  expect(fs.existsSync(join(installed, "LICENSE"))).toBe(true);
  expect(fs.existsSync(join(installed, "native/node-api/LICENSE"))).toBe(true);
  // Nothing that packing made stays in the workspace, where it would be taken for the build.
  expect(fs.existsSync(join(workspace, "packages/io/prebuilt"))).toBe(false);
});

it("works at once by the addon that is shipped, alone", async () => {
  expect(fs.readdirSync(join(folder, "node_modules/@crossbill"))).toEqual(["io"]);
  expect(await mechanism()).toBe("twoone native\n");
});

it("is compiled by gcc when it is installed where no addon fits", async () => {
  const [place = ""] = filesOf(join(installed, "prebuilt"));
  const addon = join(installed, "prebuilt", place);
  fs.writeFileSync(addon, "built for another machine");
  await npm(["rebuild"], folder);
  expect(fs.statSync(addon).size).toBeGreaterThan(30_000);
  expect(await mechanism()).toBe("twoone native\n");
});

it("is installed without gcc too, and says why node:fs does the work", async () => {
  const addons = join(installed, "prebuilt");
  fs.renameSync(addons, `${addons}-elsewhere`);
  try {
    const { stdout, stderr } = await npm(["rebuild", "--foreground-scripts"], folder, {
      CC: "/no/such/compiler",
    });
    expect(stdout + stderr).toMatch(/node:fs will do the work.*ENOENT.*install gcc and run/);
    expect(await mechanism()).toMatch(/^twoone the native part is not built for linux-/);
  } finally {
    fs.rmSync(addons, { recursive: true, force: true });
    fs.renameSync(`${addons}-elsewhere`, addons);
  }
});

it("shows its one entry, and nothing inside", async () => {
  const inside = run(`import "@crossbill/io/dist/native.js";`);
  await expect(inside).rejects.toThrow(/ERR_PACKAGE_PATH_NOT_EXPORTED/);
});

it("has types that a consumer's compiler takes, with the library's own checked", async () => {
  fs.mkdirSync(join(folder, "node_modules/@types"), { recursive: true });
  for (const name of ["@types/node", "undici-types"])
    fs.symlinkSync(join(workspace, "node_modules", name), join(folder, "node_modules", name));
  fs.writeFileSync(
    join(folder, "consumer.ts"),
    `import { IoError, lines, open, type File, type Ranges } from "@crossbill/io";
    const ranges: Ranges = [[0, 3]];
    export async function first(path: string): Promise<string> {
      await using file: File = await open(path);
      using same = await open(path);
      for await (const line of lines(path)) return line.toUpperCase();
      return (await same.readScatter(ranges)).toString() + (await file.readScatter(ranges)).length;
    }
    export const codeOf = (error: unknown) => (error instanceof IoError ? error.code : undefined);
    // @ts-expect-error: pieces are numbers.
    export const wrong: Ranges = [["0", 3]];`,
  );
  const compiler = join(workspace, "node_modules/.bin/tsc");
  const options = "--noEmit --strict --target es2022 --lib es2022,esnext.disposable";
  const args = [...options.split(" "), "--module", "nodenext", "consumer.ts"];
  await execute(compiler, args, { cwd: folder });
});

it("runs the examples of its README", async () => {
  const text = fs.readFileSync(join(installed, "README.md"), "utf8");
  const examples = [...text.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code ?? "");
  // What older versions of Node do not parse yet; the children's too.
  const forThisNode = (code: string) => code.replaceAll("await using", "const");
  const printed: string[] = [];
  for (const code of examples) printed.push(await run(forThisNode(code)));
  expect(printed).toEqual([
    expect.stringMatching(/^twoone (mapping|through|pread|uring)\n$/),
    "3 true\n",
    "there and back\n",
  ]);
});

it("has a reference that is made from its declarations as they are", async () => {
  const tool = join(workspace, "tools/generate-io-reference.js");
  await execute(process.execPath, [tool, "--check"]);
});
