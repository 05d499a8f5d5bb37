/** The addon of @crossbill/io under wrong arguments: refused with an error of a known kind, never a crash. */
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { nativeState } from "../../packages/io/src/native.ts";

const folder = fs.mkdtempSync(join(tmpdir(), "crossbill-io-arguments-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const RUNS = 307;
const program = join(import.meta.dirname, "programs/io-hostile-arguments.js");

it("each function of the addon refuses or survives what it is not made for", async () => {
  const result = join(folder, "result");
  const args = ["--expose-gc", program, String(RUNS), result];
  // An IoError, a failed property and a crash all end it with another status than 0.
  await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 16 << 20 });
  const state = nativeState();
  if (state.functions === null) throw new Error(state.reason);
  const exported: object = createRequire(import.meta.url)(state.path);
  const expected = Object.keys(exported).filter((name) => name !== "endWork");
  expect(JSON.parse(fs.readFileSync(result, "utf8"))).toEqual(
    Object.fromEntries(expected.map((name) => [name, RUNS])),
  );
});
