import { execFileSync } from "node:child_process";
import { decodeBytes } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { execCommand, shellArguments, spawnBytes } from "./spawn-bytes.ts";

/** Arguments can hold every byte but NUL. */
const argument = fc
  .uint8Array({ max: 255, maxLength: 24 })
  .map((bytes) => bytes.map((byte) => (byte === 0 ? 0x27 : byte)));

test("a program started through the shell gets exactly the bytes it was given", () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 4 }), (words) => {
      const texts = words.map((word) => decodeBytes(word));
      const script = execCommand(["/usr/bin/printf", "%s\\0", "first", ...texts]);
      const output = execFileSync("/bin/sh", shellArguments(script));
      const expected = words.flatMap((word) => [...word, 0]);
      expect([...output.subarray("first\0".length)]).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

/** What a program writes that is spawned like this. */
async function written(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const child = spawnBytes(file, args, { stdio: ["ignore", "pipe", "ignore"], env });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once("close", resolve));
  return Buffer.concat(chunks).toString("latin1");
}

const printed = (args: readonly string[]) => written("/usr/bin/printf", args);

test("the shell between adds nothing to the environment", async () => {
  expect(await written("/usr/bin/env", ["-0", "ONE=\udce9"], {})).toBe("ONE=\u00e9\0");
});

test("an argument that is not UTF-8 arrives unchanged", async () => {
  expect(await printed(["%s", "caf\udce9"])).toBe("caf\u00e9");
  expect(await printed(["%s|", "it's\n\n", "", "\udce9\n"])).toBe("it's\n\n||\u00e9\n|");
});

test("many arguments of which one is not UTF-8 arrive all, as they would without it", async () => {
  const names = Array.from({ length: 5_000 }, (_, index) => `a-file-with-a-longish-name-${index}`);
  expect(await printed(["%s\n", ...names, "caf\udce9"])).toBe(
    [...names, "caf\u00e9", ""].join("\n"),
  );
});
