import { execFileSync } from "node:child_process";
import { decodeBytes } from "@crossbill/core";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { execScript, spawnBytes } from "./spawn-bytes.ts";

/** Arguments can hold every byte but NUL. */
const argument = fc
  .uint8Array({ max: 255, maxLength: 24 })
  .map((bytes) => bytes.map((byte) => (byte === 0 ? 0x27 : byte)));

test("a program started through the shell gets exactly the bytes it was given", () => {
  fc.assert(
    fc.property(fc.array(argument, { maxLength: 4 }), (words) => {
      const script = execScript([
        "/usr/bin/printf",
        "%s\\0",
        "first",
        ...words.map((word) => decodeBytes(word)),
      ]);
      const output = execFileSync("/bin/sh", ["-c", script]);
      const expected = words.flatMap((word) => [...word, 0]);
      expect([...output.subarray("first\0".length)]).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test("an argument that is not UTF-8 arrives unchanged", async () => {
  const child = spawnBytes("/usr/bin/printf", ["%s", "caf\udce9"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const chunks: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once("close", resolve));
  expect(Buffer.concat(chunks).toString("latin1")).toBe("caf\u00e9");
});
